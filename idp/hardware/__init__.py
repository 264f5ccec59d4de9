"""Hardware tokens: lists that their makers deliver, the inventory, and setting them right."""
