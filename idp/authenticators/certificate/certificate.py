"""Takes the certificate that the caller's browser has shown; what a form says is no certificate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from pydantic import BaseModel

from idp.authenticators import Prompt, Refused
from idp.authenticators.answer import Answer
from idp.authenticators.certificate.settings import BY_THEMSELVES, NEVER, CertificateSettings, Placed
from idp.authenticators.safe import NOBODY, Safe
from idp.custody.authority import AUTHENTICATOR, Authority
from keys import base64url
from keys.certificate import Certificate
from keys.client_authority import Issued
from keys.seal import Vault
from keys.secret import Secret
from storage import Transaction
from storage.certificates import IssuedCertificate
from storage.records import Credential, User

PATH: Final = "/account/certificate"
# What the prompt of `verify` has beside what `challenge` gave: a `keys.certificate.Certificate`, or None.
SHOWN: Final = "certificate"
OTHERS: Final = "owner"  # the fault of one that counts, and is another user's
LONGEST: Final = 200  # characters of an issuer's name in the audit log: whoever signs his own chooses it
_DECOY: Final = bytes(32)  # as long as a thumbprint

Fault = Literal["issuer", "purpose", "early", "expired", "unknown", "revoked", "stale", "owner"]


class ClientCertificate:
    """Accepts certificates of the tenant's own authorities, and of others that the settings name.

    TLS has proven that the browser has the key, to us or to a proxy that is believed. So nobody can guess here; a
    refusal is counted all the same, like that of any other proof.
    """

    name: ClassVar[str] = AUTHENTICATOR
    # RFC 8176 §2: a key in software, for a file was imported; of another authority we cannot tell, and say the weaker.
    amr: ClassVar[tuple[str, ...]] = ("swk",)
    factor: ClassVar[Literal["knowledge", "possession", "inherence"]] = "possession"
    compares: ClassVar[bool] = False
    shows: ClassVar[bool] = False
    at_once: ClassVar[bool] = True
    needs_browser: ClassVar[bool] = True
    Settings: ClassVar[type[BaseModel]] = CertificateSettings
    fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, settings: Placed, vault: Vault) -> None:
        self.settings = settings
        self.authority = Authority(vault)
        self._safe = Safe(vault, self.name, _DECOY)
        self.external = tuple(each.open() for each in settings.external)

    @property
    def account_path(self) -> str | None:
        """None where people cannot download any."""
        return PATH if self.settings.issue in BY_THEMSELVES else None

    @property
    def issues(self) -> bool:
        """Whether the tenant has an authority of its own."""
        return self.settings.issue != NEVER

    @property
    def width(self) -> int:
        """Nobody types it."""
        return 0

    async def challenge(self, tx: Transaction, user: User | None, now: int) -> Prompt:
        """The same for every name."""
        return {"path": self.account_path}

    async def verify(
        self, tx: Transaction, user: User | None, prompt: Prompt, answer: Answer, now: int
    ) -> bool:
        """Looks at `prompt[SHOWN]` alone: certificates are no secret, and anybody could send one as an answer."""
        shown = prompt.get(SHOWN)
        if not isinstance(shown, Certificate) or await self.fault(tx, user, shown, now) is not None:
            return False
        await tx.credentials.touch(shown.serial, now)
        return True

    async def why(self, tx: Transaction, user: User | None, prompt: Prompt, now: int) -> Mapping[str, object]:
        """Of what `verify` refused, for the audit log."""
        shown = prompt.get(SHOWN)
        if not isinstance(shown, Certificate):
            return {"certificate": {"fault": "missing"}}
        fault = await self.fault(tx, user, shown, now)
        return {"certificate": {"serial": shown.serial, "issuer": shown.issuer[:LONGEST], "fault": fault}}

    async def fault(self, tx: Transaction, user: User | None, shown: Certificate, now: int) -> Fault | None:
        """What is wrong with it as a proof of the user; None where nothing is. Nobody costs as much as somebody."""
        held = {each.credential.id: each.content for each in await self._safe.open(tx, user) if each.genuine}
        issued = await tx.issued_certificates.find(shown.serial)
        trusted = (await self.authority.load(tx)).trusted
        is_ours = shown.is_issued_by(trusted)
        others = [each for each in self.external if shown.is_issued_by(each.authorities)]
        if not is_ours and not others:
            return "issuer"
        if not shown.is_for_clients:
            return "purpose"
        if not shown.is_valid(now):
            return "early" if shown.is_early(now) else "expired"
        if is_ours:
            return _own_fault(issued, held.get(shown.serial), shown, user or NOBODY)
        for each in others:
            fault = each.judge(shown, now)
            if fault is not None:
                return fault
            if await each.belongs_to(tx, shown, user or NOBODY):
                return None
        return OTHERS

    def enrol(self, user: User, given: Mapping[str, Secret], now: int) -> Credential:
        """It is issued, not taken. Raises `Refused`."""
        raise Refused("browser", f"a certificate is issued to its owner at {PATH}, or by idp authority issue")

    async def issue(
        self, tx: Transaction, user: User, name: str, now: int, crl: str
    ) -> tuple[Issued, Credential]:
        """A fresh certificate with its key, which is kept nowhere; and the credential that lets it count, stored.

        `crl` is the address of the list in which it stands once it is revoked, with `{authority}` in it.
        Raises LookupError where no authority issues.
        """
        issuer = (await self.authority.load(tx)).issuer
        fresh = issuer.issue(user.login_name, now, self.settings.days, crl.format(authority=issuer.id))
        empty = Credential(fresh.serial, user.id, self.name, b"", now, now, name=name)
        credential = self._safe.reseal(empty, _thumbprint(Certificate.from_der(fresh.der)), now)
        await tx.issued_certificates.add(
            IssuedCertificate(fresh.serial, issuer.id, user.id, now, fresh.ends_at)
        )
        await tx.credentials.add(credential)
        return fresh, credential


def _own_fault(
    issued: IssuedCertificate | None, held: bytes | None, shown: Certificate, user: User
) -> Fault | None:
    """It counts for whoever holds the credential in which its thumbprint is sealed."""
    if issued is None:
        return "unknown"
    if issued.revoked_at is not None:
        return "revoked"
    if issued.user_id != user.id:
        return OTHERS
    if held is None:
        return "revoked"
    return None if held == _thumbprint(shown) else "unknown"


def _thumbprint(certificate: Certificate) -> bytes:
    return base64url.decode(certificate.thumbprint.encode())
