"""Service providers' metadata: where it lies, what it says, what of it is in force, and until when."""
