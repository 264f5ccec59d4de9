"""Who you are, and what is required of you."""

__version__ = "0.1.0"
