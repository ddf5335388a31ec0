"""Secrets: read once, shown never."""
