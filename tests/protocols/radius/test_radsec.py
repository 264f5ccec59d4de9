"""RADIUS over TLS (RFC 6614): whoever shows a certificate of his own name, and nobody else."""

from __future__ import annotations

import socket
import ssl
import struct
from contextlib import closing

import pytest

from tests.people import PATTERN, answer
from tests.protocols.radius.conftest import HOLDERS, VPN
from tests.protocols.radius.nas import ACCEPT, CHALLENGE, NAS, REJECT, Answer

SAFE = "127.0.1.8"


class Tunnel(NAS):
    """A NAS behind TLS; it has no datagrams to send."""

    def __init__(self, vpn: VPN, name: str = "nas", address: str = SAFE, version: str = "TLSv1_3") -> None:
        super().__init__(vpn.radsec, address, b"radsec")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        context.load_verify_locations(vpn.config / "tls" / "ca.pem")
        if name:
            context.load_cert_chain(vpn.config / "tls" / f"{name}.pem", vpn.config / "tls" / f"{name}.key")
        raw = socket.create_connection(("127.0.0.1", vpn.radsec), 15, (address, 0))
        try:
            self.stream = context.wrap_socket(raw, server_hostname="radius.example.com")
        except OSError:
            raw.close()
            self.socket.close()
            raise

    def close(self) -> None:
        self.stream.close()
        self.socket.close()

    def exchange(self, *packets: bytes) -> list[Answer]:
        """Send all of them, then read as many answers, in whatever order they come."""
        self.stream.sendall(b"".join(packets))
        asked, found = {packet[1]: packet for packet in packets}, []
        for _ in packets:
            head = self._exactly(4)
            raw = head + self._exactly(struct.unpack("!BBH", head)[2] - 4)
            found.append(self.verified(raw, asked[raw[1]]))
        return found

    def _exactly(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            part = self.stream.recv(size - len(got))
            if not part:
                raise EOFError
            got += part
        return got


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_nas_with_a_certificate_of_its_name(vpn: VPN, version: str, holder: str) -> None:
    with closing(Tunnel(vpn, version=version)) as nas:
        (challenge,) = nas.exchange(nas.pap("anna", "", signed=False))
        assert challenge.code == CHALLENGE
        right = answer(PATTERN, challenge.table)
        assert nas.exchange(nas.pap("anna", right, state=challenge.state))[0].code == ACCEPT
        right = HOLDERS[holder].code()
        several = [nas.pap(holder, "000000000"), nas.pap(holder, right), nas.request(code=12)]
        assert sorted(one.code for one in nas.exchange(*several)) == [ACCEPT, ACCEPT, REJECT]


@pytest.mark.parametrize(
    ("name", "address"), [("other", SAFE), ("nas", "127.0.0.1"), ("nas", "127.9.9.9")],
    ids=["another name", "another NAS", "no NAS of TLS"],
)  # fmt: skip
def test_a_name_that_is_not_the_nas_gets_no_answer(vpn: VPN, name: str, address: str) -> None:
    with closing(Tunnel(vpn, name, address)) as nas, pytest.raises((EOFError, OSError)):
        nas.exchange(nas.pap("anna", ""))


@pytest.mark.parametrize("name", ["", "stranger"], ids=["none", "another authority"])
def test_without_a_certificate_of_the_authority_there_is_no_connection(vpn: VPN, name: str) -> None:
    with pytest.raises((ssl.SSLError, EOFError, OSError)), closing(Tunnel(vpn, name)) as nas:
        nas.exchange(nas.pap("anna", ""))


def test_old_tls_is_refused(vpn: VPN) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # else our own library would refuse before the server does
    with pytest.warns(DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        closing(socket.create_connection(("127.0.0.1", vpn.radsec), 15, (SAFE, 0))) as raw,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(raw)


def test_what_is_no_packet_ends_the_connection(vpn: VPN) -> None:
    with closing(Tunnel(vpn)) as nas:
        nas.stream.sendall(b"\1\0\xff\xff" + bytes(100))
        with pytest.raises((EOFError, OSError)):
            nas._exactly(1)
    with closing(Tunnel(vpn)) as nas:
        assert nas.exchange(nas.request(code=12))[0].code == ACCEPT
