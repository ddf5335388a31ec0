"""What is promised, area by area: requirements, looks, records, judges, and the join of them."""
