"""YAML in, frozen models out; every mistake with file, line and column, all at once."""
