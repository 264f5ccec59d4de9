"""Which PostgreSQL is asked: of several servers the one that takes writes, also after another was promoted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from socket import SOCK_STREAM
from typing import Any, Final

import aiopg
import psycopg2
from psycopg2 import extensions

from storage.contract import StorageError

# The operator's own `?options=-c …` in the URL comes after these and wins.
OPTIONS: Final = (
    "-c statement_timeout=5s -c lock_timeout=3s -c idle_in_transaction_session_timeout=10s"
    " -c client_connection_check_interval=1s"  # else a statement outlives the client that gave it up
    # else the connections of a node that lost its power stay for two hours, up to max_connections
    " -c tcp_keepalives_idle=20 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)
READ_ONLY: Final = " -c default_transaction_read_only=on"
# The same from our side, where the URL says nothing else: a server that vanished is noticed in seconds.
OURS: Final = {
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "8000",
    "client_encoding": "UTF8",
}
ALONE_SECONDS: Final = 10.0  # for one server to let us in: there is no other
BESIDE_SECONDS: Final = 3.0  # where there is, it is asked next
PLACE: Final = ("host", "hostaddr", "port")
PLAIN: Final[dict[str, Any]] = dict.fromkeys(("enable_json", "enable_hstore", "enable_uuid"), False)
BYTES: Final = extensions.new_type(
    (17,), "BYTES", lambda text, _: None if text is None else bytes.fromhex(text[2:])
)

Parameters = Mapping[str, str]


class Servers:
    """Those that the URL names. The one that let us in last is asked first."""

    def __init__(self, url: str) -> None:
        """Raises `StorageError` for an address that cannot be read."""
        try:
            given: Parameters = extensions.parse_dsn(url)
            self._places = places(given)
        except (psycopg2.Error, ValueError) as error:
            raise StorageError(f"PostgreSQL: {str(error).strip()}") from None
        self._given = {name: value for name, value in given.items() if name not in PLACE}
        self._first = 0

    async def connect(self, *, read_only: bool) -> aiopg.Connection:
        """A connection to the server that takes writes, `read_only` or not: what was written is to be read at once.

        Raises `StorageError` that says why none of them can be used.
        """
        faults: list[str] = []
        count, first = len(self._places), self._first
        for number in (each % count for each in range(first, first + count)):
            place = self._places[number]
            try:
                connection = await self._open({**self._parameters(read_only=read_only), **place})
            except TimeoutError:
                faults.append(f"{_name(place)} does not let us in within {self._seconds:.0f} s")
            except (psycopg2.Error, OSError) as error:
                faults.append(f"{_name(place)}: {' '.join(str(error).split())}")
            else:
                self._first = number
                return connection
        raise StorageError(f"PostgreSQL: {'; '.join(faults)}")

    @property
    def _seconds(self) -> float:
        """How long one may take to let us in."""
        if "connect_timeout" in self._given:  # which libpq heeds only where it may block
            return float(self._given["connect_timeout"])
        return ALONE_SECONDS if len(self._places) == 1 else BESIDE_SECONDS

    def _parameters(self, *, read_only: bool) -> dict[str, str]:
        """As libpq has them, for all servers alike."""
        given = {**OURS, **self._given}
        options = f"{OPTIONS}{READ_ONLY if read_only else ''} {given.get('options', '')}"
        wanted = given.get("target_session_attrs", "read-write" if len(self._places) > 1 else "any")
        # A session of ours that only reads is itself read-only: it would refuse every server.
        wanted = "primary" if read_only and wanted == "read-write" else wanted
        return {**given, "options": options, "target_session_attrs": wanted}

    async def _open(self, parameters: dict[str, Any]) -> aiopg.Connection:
        async with asyncio.timeout(self._seconds):
            addresses = await _addresses(parameters)
        seconds = self._seconds / len(addresses)
        last: Exception = TimeoutError()
        for address in addresses:
            try:
                async with asyncio.timeout(seconds):
                    found = await aiopg.connect(None, timeout=seconds, **{**PLAIN, **parameters, **address})
            except (psycopg2.Error, TimeoutError) as error:
                last = error
                continue
            extensions.register_type(BYTES, found.raw)
            return found
        raise last


def places(given: Parameters) -> Sequence[Parameters]:
    """Of an address that names several servers each by itself: `host`, `hostaddr`, `port`, as far as they are given.

    Raises ValueError where there are not as many of one as of the other.
    """
    lists = {name: given[name].split(",") for name in PLACE if given.get(name)}
    count = max((len(values) for name, values in lists.items() if name != "port"), default=1)
    for name, values in lists.items():
        if len(values) not in ((1, count) if name == "port" else (count,)):
            raise ValueError(f"names {count} servers, but {len(values)} values of {name}")
    return [
        {name: values[number % len(values)] for name, values in lists.items() if values[number % len(values)]}
        for number in range(count)
    ]


def _name(place: Parameters) -> str:
    """For the administrator."""
    return ":".join([place.get("host", "the server"), *([place["port"]] if "port" in place else [])])


async def _addresses(parameters: Parameters) -> Sequence[Parameters]:
    """Where a server is, each to be tried: libpq would look it up with the whole loop waiting. Raises OSError."""
    host = parameters.get("host", "")
    if not host or host.startswith(("/", "@")) or "hostaddr" in parameters:
        return [{}]
    port = int(parameters.get("port", "5432"))
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
    return [{"hostaddr": address} for address in dict.fromkeys(str(target[0]) for *_, target in found)]
