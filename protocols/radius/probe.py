"""A login on schedule at this door: PAP as a NAS sends it, with the challenges that come."""

from __future__ import annotations

import re
import secrets
from typing import Final

from idp.config.loopback import nearest
from idp.probe import Broken
from idp.probe.person import CODE, MATRIX, PASSWORD, Table
from idp.probe.trial import Trial
from protocols.radius.asking import Unanswered, ask
from protocols.radius.hiding import hide
from protocols.radius.packet import (
    BLOCK,
    NAS_IDENTIFIER,
    REPLY_MESSAGE,
    STATE,
    USER_NAME,
    USER_PASSWORD,
    Attribute,
    Code,
    Packet,
    encode,
    is_signed,
)
from protocols.radius.question import WORDS
from protocols.radius.settings import ServiceSettings

ANSWERS: Final = (Code.ACCESS_ACCEPT, Code.ACCESS_REJECT, Code.ACCESS_CHALLENGE)
ATTEMPTS: Final = 3  # of the same packet: datagrams get lost
MOST_QUESTIONS: Final = 6
NAMED: Final = b"masugata-probe"
_ROW: Final = re.compile(r"^\d+ +(\d(?: +\d)+) *$", re.MULTILINE)  # as `drawing` writes it


async def probe(trial: Trial) -> None:
    """Raises `Broken`."""
    settings: ServiceSettings = trial.settings
    if not trial.server.listen.radius:
        raise Broken("no datagram gets in: listen.radius of idp.yaml is empty")
    if "pap" not in settings.methods:
        raise Broken("pap is not among its methods")
    trial.at("request")
    answer = await _ask(trial, "" if settings.challenge else await _at_once(trial))
    for _ in range(MOST_QUESTIONS):
        if answer.code != Code.ACCESS_CHALLENGE:
            break
        question, table = _question(answer, settings)
        trial.at(f"challenge, {question}")
        answer = await _ask(trial, await trial.person.answer(question, table), answer.first(STATE))
    if answer.code != Code.ACCESS_ACCEPT:
        said = f": {_said(answer)}" if _said(answer) else ", idp audit show says why"
        raise Broken(f"{Code(answer.code).name.replace('_', '-').title()}{said}")


async def _at_once(trial: Trial) -> str:
    """Where nothing can be asked: the code stands behind the password."""
    probe = trial.tenant.settings.probe
    given = {PASSWORD: probe.password, CODE: probe.totp}
    held = [name for name, secret in given.items() if secret is not None]
    if not held:
        raise Broken("with challenge: false it shows no table, give the probe a password or totp")
    return "".join([await trial.person.answer(name) for name in held])


async def _ask(trial: Trial, password: str, state: bytes | None = None) -> Packet:
    settings: ServiceSettings = trial.settings
    host, port = nearest(trial.server.listen.radius[0])
    secret, authenticator = settings.secret.reveal().encode(), secrets.token_bytes(BLOCK)
    plain = password.encode()
    padded = plain.ljust(max(BLOCK, -(-len(plain) // BLOCK) * BLOCK), b"\0")
    attributes: list[Attribute] = [
        (USER_NAME, trial.person.name.encode()),
        (USER_PASSWORD, hide(padded, secret, authenticator)),
        (NAS_IDENTIFIER, NAMED),
        *([(STATE, state)] if state is not None else []),
    ]
    packet = encode(Code.ACCESS_REQUEST, secrets.randbelow(256), authenticator, attributes, secret)
    try:
        answer = await ask(
            (host.strip("[]"), port), packet, secret, ANSWERS, trial.seconds / ATTEMPTS, ATTEMPTS
        )
    except Unanswered as unanswered:
        raise Broken(
            f"{unanswered}: nobody listens there, or another secret is in force, or our address is in another "
            f"service's networks, or {trial.service} is disabled"
        ) from None
    if not is_signed(answer, secret, authenticator):
        raise Broken("the answer has no Message-Authenticator, so anybody on the way could forge it")
    return answer


def _question(answer: Packet, settings: ServiceSettings) -> tuple[str, Table]:
    """What is asked for, by the name of its authenticator, and the table that is drawn."""
    said = _said(answer)
    table = [row.split() for row in _ROW.findall(said)]
    if table:
        return MATRIX, table
    for name in (PASSWORD, CODE):
        if said.endswith(settings.prompts.get(name) or WORDS[name]):
            return name, ()
    raise Broken(f"what is asked for is neither a pattern nor a password nor a code: {said}")


def _said(answer: Packet) -> str:
    return b"\n".join(answer.all(REPLY_MESSAGE)).decode(errors="replace")
