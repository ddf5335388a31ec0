"""HTTP clients: requests, answers, trust, and the gateway's API."""
