"""The section `certificate` of authenticators.yaml, and whose certificates they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from idp.authenticators.certificate.external import LARGEST, External
from idp.config.model import Model
from idp.config.secrets import SecretReading
from keys.certificate import Authorities
from keys.certificate_names import Kind
from keys.revocation_list import RevocationLists

Issue = Literal["never", "by_operator", "on_page", "after_login"]
NEVER: Final[Issue] = "never"
AFTER_LOGIN: Final[Issue] = "after_login"
BY_THEMSELVES: Final = ("on_page", AFTER_LOGIN)  # people download theirs


def _file(value: str, info: ValidationInfo) -> str:
    """A relative path begins at the configuration folder."""
    reading = info.context if isinstance(info.context, SecretReading) else SecretReading()
    return str(reading.find(value).resolve())


def _changing(value: str, info: ValidationInfo) -> str:
    """The same for a file that changes by itself: no revision holds it, each node has its own."""
    reading = info.context if isinstance(info.context, SecretReading) else SecretReading()
    return str(((reading.home or reading.folder) / value).resolve())


File = Annotated[str, AfterValidator(_file)]
ChangingFile = Annotated[str, AfterValidator(_changing)]


class ExternalSettings(Model):
    """Another authority whose certificates are taken, and whose they are."""

    authorities: File  # those that sign people's certificates themselves, in PEM
    crl: ChangingFile | None = None  # what they revoked, in PEM or DER; None: nothing, ever
    # Which of its names says whose a certificate is: a mail address or UPN in it, its CN, or its serial number.
    user: Kind
    suffix: str = ""  # what UPN or CN have behind the user name, such as @corp.example.com
    attribute: str | None = None  # of the user, with the serial number of his certificate

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.user == "serial") != (self.attribute is not None):
            raise ValueError("attribute: is needed with user: serial, and only there")
        if self.suffix and self.user not in ("upn", "common_name"):
            raise ValueError("suffix: is for upn and common_name only")
        return self

    @model_validator(mode="after")
    def _readable(self) -> Self:
        try:
            trusted = Authorities.from_pem(_read(self.authorities))
        except ValueError as error:
            words = f"{self.authorities} holds no certificates of authorities in PEM"
            raise ValueError(f"authorities: {error if 'cannot' in str(error) else words}") from None
        if self.crl is not None:
            try:
                RevocationLists.read(_read(self.crl), trusted)
            except ValueError as error:
                words = str(error)
                raise ValueError(f"crl: {words if 'cannot' in words else f'{self.crl} {words}'}") from None
        return self

    def open(self) -> External:
        """Ready to judge certificates."""
        trusted = Authorities.from_pem(_read(self.authorities))
        crl = Path(self.crl) if self.crl else None
        return External(trusted, crl, self.user, self.suffix, self.attribute or "")


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {(error.strerror or '').lower()}") from None
    if len(content) > LARGEST:
        raise ValueError(f"cannot read {path}: larger than {LARGEST} bytes")
    return content


class CertificateSettings(Model):
    """Which client certificates are taken, and how ours are given."""

    issue: Issue = "on_page"
    days: Annotated[int, Field(ge=1, le=825)] = 90
    renew_days: Annotated[int, Field(ge=0, le=365)] = 14
    certificates: Annotated[int, Field(ge=1, le=20)] = 5  # of one user
    import_password: Literal["made", "chosen"] = "made"  # noqa: S105  by whom
    pkcs12: Literal["aes", "3des"] = "aes"
    external: tuple[ExternalSettings, ...] = ()

    @model_validator(mode="after")
    def _somebody_issues(self) -> Self:
        if self.issue == NEVER and not self.external:
            raise ValueError("external: is missing, where we issue none somebody else has to")
        if self.renew_days >= self.days:
            raise ValueError("renew_days: must be less than days")
        return self

    def within(self, tenant: Any, _services: Sequence[Any]) -> Placed:
        """The same with what the tenant's own file says."""
        return Placed(**dict(self), base_url=tenant.base_url, names=tenant.display_name)


class Placed(CertificateSettings):
    """The section and the tenant: no key of a file."""

    base_url: str
    names: dict[str, str]

    @property
    def authority_name(self) -> str:
        """What an authority of ours is called where people choose a certificate."""
        name = self.names.get("en") or next(iter(self.names.values()))
        return f"{name} client certificates"
