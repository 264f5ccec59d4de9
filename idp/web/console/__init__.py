"""The pages on which administrators see what was decided, how, and by which configuration. They change nothing."""
