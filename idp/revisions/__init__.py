"""How a node goes from one configuration to the next, and what other rules would have decided."""
