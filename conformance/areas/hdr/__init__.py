"""HTTP headers of administration and API."""
