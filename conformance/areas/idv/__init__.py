"""Identity validation by client_hash."""
