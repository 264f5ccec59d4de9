"""A question of the login as lines that a VPN client can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from protocols.radius.clients import NAS
from protocols.radius.drawing import drawn
from protocols.radius.method import Question

# In ASCII: many clients show nothing else. An administrator who knows his says it in `prompts`.
WORDS: Final[Mapping[str, str]] = {
    "matrix": "Type the digits along your pattern:",
    "totp": "Type your one-time code:",
    "password": "Type your password:",
    "recovery": "Type a recovery code:",
}


def question(nas: NAS, authenticator: str, prompt: Mapping[str, Any]) -> Question:
    """The table first, if there is one: clients put the last line beside the field."""
    words = nas.settings.prompts.get(authenticator) or WORDS.get(authenticator, f"{authenticator}:")
    table = drawn(prompt["table"], prompt["blocks"]) if "table" in prompt else ()
    lines = (*table, words)
    return Question(authenticator, lines if nas.settings.reply_messages == "lines" else ("\n".join(lines),))
