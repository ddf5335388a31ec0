"""TLS versions, suites and keys."""
