"""Judges decide: pure functions from an observation and a policy to a verdict."""
