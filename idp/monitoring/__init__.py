"""How the house does: counts, states and queues, for those who watch over it."""
