"""From requirements and records to verdicts and results."""
