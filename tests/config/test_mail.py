"""The sections `mail` and `forgotten`: what is wrong in them, where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.config.load import load
from tests.config.folder import AUTHENTICATORS, TENANT, mistakes, write

WHERE = "tenants/acme/tenant.yaml"


def tenant(*lines: str) -> str:
    return TENANT + "\n".join(lines) + "\n"


def told(root: Path, *lines: str, authenticators: str = AUTHENTICATORS) -> list[str]:
    return mistakes(
        write(root, tenants__acme__tenant=tenant(*lines), tenants__acme__authenticators=authenticators)
    )


@pytest.mark.parametrize(
    ("section", "at", "words"),
    [
        ("{host: smtp.example.com}", "4:7", "mail.sender is missing, every mail comes from somebody"),
        (
            "{host: smtp.example.com, sender: idp@example.com, user: idp}",
            "4:7",
            "mail.password is missing, user and password go together",
        ),
        (
            "{host: smtp.example.com, sender: idp@example.com, tls: none}",
            "4:62",
            "mail.tls must be starttls or implicit, others could read the mail on its way",
        ),
        (
            "{host: 'smtp.example.com/x'}",
            "4:14",
            "mail.host must be the name of a host, for example smtp.example.com;",
        ),
        ("{sender: idp}", "4:16", "mail.sender must be a mail address, for example idp@example.com"),
        ("{sender: 'a@b.example\\r\\nBcc: c@d.example'}", "4:16", "mail.sender must be a mail address"),
        ("{ca_file: nowhere.pem}", "4:17", "mail.ca_file: cannot read"),
        ("{password: secret}", "4:18", "mail.password: a secret stands here only in a demo tenant"),
        ("{port: 0}", "4:14", "mail.port must be at least 1"),
    ],
)
def test_each_mistake_is_told_where_it_stands(tmp_path: Path, section: str, at: str, words: str) -> None:
    (mistake,) = told(tmp_path, f"mail: {section}")
    assert mistake.startswith(f"{WHERE}:{at}: {words}")


def test_links_need_mail_patterns_and_one_that_can_be_drawn(tmp_path: Path) -> None:
    (mistake,) = told(tmp_path, "forgotten: {enabled: true}")
    assert mistake == f"{WHERE}:4:12: forgotten: needs mail.host, its links are mailed"
    mail = "mail: {host: localhost, tls: none, sender: idp@example.com}"
    (mistake,) = [
        each for each in told(tmp_path, mail, "forgotten: {enabled: true}", authenticators="totp:\n")
        if "forgotten" in each
    ]  # fmt: skip
    assert (
        mistake
        == f"{WHERE}:5:22: forgotten.enabled: there are no patterns, add matrix to authenticators.yaml"
    )
    long = "matrix: {pattern: {min: 40, max: 64}}\n"
    (mistake,) = told(tmp_path, mail, "forgotten: {enabled: true}", authenticators=long)
    assert "forgotten.enabled: a pattern of 40 cells cannot be drawn" in mistake


def test_the_port_follows_the_way_of_tls(tmp_path: Path) -> None:
    for tls, port in (("starttls", 587), ("implicit", 465), ("none", 25)):
        section = f"mail: {{host: localhost, tls: {tls}, sender: idp@example.com}}"
        configuration = load(write(tmp_path / tls, tenants__acme__tenant=tenant(section)))
        assert configuration.tenants[0].settings.mail.address == ("localhost", port)
