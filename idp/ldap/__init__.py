"""Directories that know passwords: asked by LDAP (RFC 4511), in processes beside the worker."""
