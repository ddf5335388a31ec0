"""The conformance cases, one module an area, run by pytest."""
