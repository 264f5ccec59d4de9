"""RADIUS over TLS (RFC 6614): whoever shows a certificate of his own name, and nobody else."""

from __future__ import annotations

import socket
import ssl
from contextlib import closing

import pytest

from tests.people import PATTERN, answer
from tests.protocols.radius.conftest import HOLDERS, VPN
from tests.protocols.radius.nas import ACCEPT, CHALLENGE, REJECT
from tests.protocols.radius.tunnel import SAFE, Tunnel


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
