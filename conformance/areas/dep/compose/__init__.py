"""Compose files read as compose itself reads them: what each service is run with, and where that is written."""
