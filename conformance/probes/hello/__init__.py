"""Second eyes on a TLS endpoint: raw hellos, read as far as they are in the clear. No handshake is ever completed."""
