"""Access over HTTPS, and certificates."""
