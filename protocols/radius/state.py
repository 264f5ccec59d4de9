"""State (RFC 2865 §5.24): what a login needs between two packets lies with us, and State is the key to it, once."""

from __future__ import annotations

import base64
import binascii
import dataclasses
from dataclasses import dataclass
from typing import Final

from idp.visit import Visit
from keys.seal import Unsealable
from keys.token import new_id
from protocols.radius.clients import NAS
from protocols.radius.method import Refused, Say
from protocols.radius.packet import STATE, USER_NAME, Attribute, Packet
from storage.records import Interaction

DOOR: Final = "radius"
SECONDS: Final = 120  # to read a table and type it; then the user begins anew
SEALED: Final = "radius.state"


@dataclass(frozen=True, slots=True)
class Kept:
    """A login in progress. `proven` says that only the peer's confirmation is missing."""

    interaction: Interaction
    held: bytes
    proven: bool
    method: str


def begin(visit: Visit, nas: NAS) -> Interaction:
    """A login that nothing is known of yet. What it is found by `keep` gives it, for most end with the first answer."""
    return Interaction(
        id="",
        browser_hash=b"",
        door=DOOR,
        service=nas.service,
        request={},
        created_at=visit.now,
        expires_at=visit.now + SECONDS,
    )


async def keep(
    visit: Visit,
    nas: NAS,
    packet: Packet,
    interaction: Interaction,
    say: Say,
    method: str = "",
    *,
    proven: bool = False,
) -> Attribute:
    """Store it for the next packet; returns the State by which that packet finds it.

    Each step has an id of its own, so that a State which comes again finds nothing. It is base64url: some clients
    cut a State at a NUL, and print it. The seal binds it to the NAS and to User-Name as that one wrote it.
    """
    number, vault = new_id(), visit.tenant.vault
    held = vault.seal(say.held, "interactions", number)
    kept = dataclasses.replace(
        interaction,
        id=number,
        step=number,
        browser_hash=visit.caller.browser_hash,
        request={"held": base64.b64encode(held).decode(), "proven": proven, "method": method},
        expires_at=visit.now + SECONDS,
    )
    await visit.tx.interactions.add(kept)
    sealed = vault.seal(number.encode(), SEALED, nas.service, packet.text(USER_NAME))
    return STATE, base64.urlsafe_b64encode(sealed)


async def resume(visit: Visit, nas: NAS, packet: Packet) -> Kept | None:
    """What the packet's State leads to, taken out of the store; None without State. Raises `Refused`."""
    value, vault = packet.first(STATE), visit.tenant.vault
    if value is None:
        return None
    try:
        sealed = base64.b64decode(value, altchars=b"-_", validate=True)
        number = vault.open(sealed, SEALED, nas.service, packet.text(USER_NAME)).decode()
    except (Unsealable, binascii.Error):
        raise Refused("the State is not ours, or was given to another user or NAS") from None
    interaction = await visit.tx.interactions.consume(number, visit.caller.browser_hash, visit.now)
    if interaction is None:
        raise Refused("the State was used, or is too old")
    request = interaction.request
    held = vault.open(base64.b64decode(request["held"]), "interactions", number)
    return Kept(interaction, held, request["proven"], request["method"])
