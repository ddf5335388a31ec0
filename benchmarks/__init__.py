"""What the suite costs: run `python -m benchmarks` in a checkout."""
