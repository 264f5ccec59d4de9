"""Mail to people: written in the transaction that causes it, sent in the background of every node."""
