"""Keys of the tenants at rest, sealed and ready."""
