"""A run as pytest sees it."""
