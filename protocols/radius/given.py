"""What a packet's one field holds: an answer, a wish to be asked, or an answer with a code behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from idp.authenticators import needs_browser
from idp.authenticators.answer import Answer
from idp.tenant import Tenant
from idp.username import canonical
from keys.secret import Secret
from protocols.radius.clients import NAS
from protocols.radius.method import Refused
from protocols.radius.packet import USER_NAME, Malformed, Packet
from storage.records import Interaction

BROWSER_ONLY: Final = "only a browser can be asked for what the rule wants: give NASes a rule of their own"
UNASKABLE: Final = "this NAS cannot be asked for what the rule wants: set challenge, or change the rule"


def claimed(packet: Packet) -> str:
    """Who the packet says it is, for the audit log; empty where that cannot be read."""
    try:
        return canonical(packet.text(USER_NAME))
    except Malformed:
        return ""


def wants_browser(tenant: Tenant, interaction: Interaction) -> bool:
    """Whether something is asked that no NAS can ask for."""
    return any(needs_browser(tenant.authenticators[name]) for name in interaction.chain)


def asks(nas: NAS, answer: Answer) -> bool:
    """Whether what was typed means: ask me. Said without knowing the user, and no guess."""
    if not nas.settings.challenge:
        return False
    words = ("", *nas.settings.challenge_words)
    return answer.reveal() in words if isinstance(answer, Secret) else any(answer.matches(words))


def parts(nas: NAS, answer: Answer, interaction: Interaction) -> Sequence[Answer]:
    """One answer to the open question; two where the code stands behind the first, in one field.

    Raises `Refused` where the rule wants more than one field can hold.
    """
    if nas.settings.challenge or len(interaction.chain) == 1:
        return (answer,)
    width = nas.tenant.authenticators[interaction.chain[1]].width
    if len(interaction.chain) > 2 or not width or not isinstance(answer, Secret):
        raise Refused(UNASKABLE)
    text = answer.reveal()
    return Secret(text[:-width]), Secret(text[-width:])
