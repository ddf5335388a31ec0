"""Callbacks of webhooks."""
