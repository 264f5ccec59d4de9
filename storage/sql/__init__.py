"""The statements, one aggregate a file, one text for both databases."""

from storage.sql.connection import Connection, Row, Value, bind
from storage.sql.scope import Scope, sweep
from storage.sql.transaction import SQLTransaction

__all__ = ["Connection", "Row", "SQLTransaction", "Scope", "Value", "bind", "sweep"]
