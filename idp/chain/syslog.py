"""Messages to a collector: RFC 5424, over TLS (RFC 5425), TCP (RFC 6587) or UDP (RFC 5426)."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from idp.config.audit import SyslogSettings
from idp.web.outbound import Outbound, OutboundError

APP: Final = "masugata"
FACILITY: Final = 13  # log audit (RFC 5424 §6.2.1)
NOTICE, WARNING = 5, 4
BAD: Final = ("denied", "refused", "locked", "failed", "unknown", "lost")  # verbs that somebody should see
SECONDS: Final = 10.0  # to connect and to send what is due
QUIET_SECONDS: Final = 0.2  # a collector that refuses us has closed by then


def message(told: Mapping[str, Any], tenant: str, host: str) -> bytes:
    """One record: the header, the event as MSGID, and the whole as JSON without a line break."""
    severity = WARNING if told["event"].endswith(BAD) else NOTICE
    head = f"<{FACILITY * 8 + severity}>1 {told['time']} {_name(host)} {APP} {_name(tenant)} {told['event'][:32]} - "
    return head.encode() + orjson.dumps(dict(told))


class Syslog:
    """One collector. There are no receipts: what was handed to the network counts as sent, and a connection that the
    collector has closed is found out before the next record goes.
    """

    def __init__(self, settings: SyslogSettings, outbound: Outbound, tenant: str, host: str) -> None:
        """`host` is how this machine calls itself."""
        self._settings = settings
        self._outbound = outbound
        self._tenant = tenant
        self._host = host

    async def send(self, records: Sequence[Mapping[str, Any]]) -> None:
        """All of them, in order. Raises `OutboundError`; then none is known to have arrived."""
        messages = [message(each, self._tenant, self._host) for each in records]
        try:
            async with asyncio.timeout(SECONDS):
                addresses = await self._outbound.locate(*self._settings.address)
                if self._settings.transport == "udp":
                    await self._datagrams(addresses[0], messages)
                else:
                    await self._connection(addresses, messages)
        except TimeoutError:
            raise OutboundError(f"no end within {SECONDS:.0f} s") from None
        except ssl.SSLError:
            raise OutboundError("the certificate is not valid") from None
        except OSError:
            raise OutboundError("no connection") from None

    async def _connection(self, addresses: Sequence[str], messages: Sequence[bytes]) -> None:
        host, port = self._settings.address
        about: dict[str, Any] = {}
        if self._settings.transport == "tls":
            context = ssl.create_default_context(cafile=self._settings.ca_file)
            about = {"ssl": context, "server_hostname": host}
        reader, writer = await asyncio.open_connection(addresses[0], port, **about)
        try:
            # The length stands before each (RFC 5425 §4.3): a name with a line break begins no new message.
            writer.writelines([b"%d " % len(each) + each for each in messages])
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(QUIET_SECONDS):
                    if not await reader.read(1):
                        raise OutboundError("the collector closed the connection")
        finally:
            writer.close()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()

    async def _datagrams(self, address: str, messages: Sequence[bytes]) -> None:
        loop, port = asyncio.get_running_loop(), self._settings.address[1]
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=(address, port)
        )
        try:
            for each in messages:
                transport.sendto(each)
        finally:
            transport.close()


def _name(text: str) -> str:
    """A header field: printable ASCII without spaces (RFC 5424 §6)."""
    return "".join(sign if "!" <= sign <= "~" else "?" for sign in text)[:48] or "-"
