"""Looks at logins, tokens, passwords and privileges."""
