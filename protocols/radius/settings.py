"""What an administrator says about RADIUS: of one service, which is a NAS or several alike."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, IPvAnyNetwork, model_validator

from idp.config.model import Model, Name
from idp.config.secrets import SecretValue
from protocols.radius.reply_settings import ReplySettings
from protocols.radius.start_settings import StartSettings
from protocols.radius.webtoken_settings import WebTokenSettings

EXCLUSIVE: Final = ("networks",)  # a packet must have one sender, whatever his tenant
SHORTEST_SECRET: Final = 8  # bytes
MethodName = Literal["pap", "chap", "mschap", "mschapv2", "eap-mschapv2", "eap-gtc"]
Prompt = Annotated[str, Field(min_length=1, max_length=80)]
Word = Annotated[str, Field(max_length=32)]


class ServiceSettings(ReplySettings):
    """The `radius` section of a service."""

    networks: Annotated[tuple[IPvAnyNetwork, ...], Field(min_length=1)]  # where its packets come from
    secret: SecretValue
    methods: Annotated[tuple[MethodName, ...], Field(min_length=1)] = ("pap",)
    # Without it anybody on the way can forge an Access-Accept (CVE-2024-3596).
    message_authenticator: Literal["required", "optional"] = "required"
    # true: further proofs are asked by Access-Challenge; false: the code stands behind the first answer.
    challenge: bool = True
    # Passwords that mean: ask me. An empty one always does.
    challenge_words: tuple[Word, ...] = ()
    # Authenticator → the line that stands beside the field; ours are in ASCII English.
    prompts: dict[Name, Prompt] = Field(default_factory=dict)
    # `one` for a NAS that shows the first Reply-Message only: all lines then stand in it, with line feeds.
    reply_messages: Literal["lines", "one"] = "lines"
    # Whether nobody looks on where its users type: such logins do not wear a pattern out (`matrix.exposure`).
    trusted: bool = False
    # Of a session that it reported: after so long without a report it is taken for over.
    silence_seconds: Annotated[int, Field(ge=300, le=2_592_000)] = 86400
    # Names in the certificates of a NAS that comes through TLS (RFC 6614), one of which it must show.
    certificate_names: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    # Where it listens for Disconnect-Request (RFC 5176), usually 3799; None: it cannot end a session for us.
    disconnect_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    # The tile of the portal: /radius/start/SERVICE opens the NAS's login page with a credential that works once.
    start: StartSettings | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(self.secret.reveal().encode()) < SHORTEST_SECRET:
            raise ValueError(f"secret: must have at least {SHORTEST_SECRET} bytes (RFC 2865 §3: 16)")
        if self.challenge_words and not self.challenge:
            raise ValueError("challenge_words: need challenge: true, else nobody can be asked")
        if "eap-gtc" in self.methods and not self.challenge:
            raise ValueError("methods: eap-gtc needs challenge: true, it is nothing but a question")
        if self.start is not None and "pap" not in self.methods:
            raise ValueError("start: needs pap among the methods, which carries the credential")
        return self

    def warnings(self) -> dict[str, str]:
        """What is allowed but should be known, by setting."""
        if self.message_authenticator == "required":
            return {}
        words = "is optional: who is on the way can change this NAS's packets (CVE-2024-3596)"
        return {"message_authenticator": f"message_authenticator {words}"}


class TenantSettings(Model):
    """The `radius` section of a tenant."""

    webtoken: WebTokenSettings = WebTokenSettings()
