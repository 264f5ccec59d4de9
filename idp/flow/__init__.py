"""The course of a login: what is asked, what an answer is worth, and how it ends."""
