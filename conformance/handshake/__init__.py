"""TLS handshakes, read byte by byte and by sslyze."""
