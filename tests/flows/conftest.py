"""Flows run against real servers, on both stores."""

from tests.running import browsers, database, make_server, party, server

__all__ = ["browsers", "database", "make_server", "party", "server"]
