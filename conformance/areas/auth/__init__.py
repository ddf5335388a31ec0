"""Logins, passwords, tokens and users."""
