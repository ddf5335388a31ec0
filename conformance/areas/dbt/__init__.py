"""The database connection."""
