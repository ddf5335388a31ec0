"""Loads Portero's pytest side; everything else is in there."""

pytest_plugins = ["conformance.run.plugin"]
