"""The key of an encrypted key container: given, or derived from a password (RFC 6030 §6)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from idp.hardware.delivery import Faulty
from idp.hardware.xml_lines import Element
from keys import aes_cbc
from keys.secret import Secret

PSKC: Final = "{urn:ietf:params:xml:ns:keyprov:pskc}"
DS: Final = "{http://www.w3.org/2000/09/xmldsig#}"
XENC: Final = "{http://www.w3.org/2001/04/xmlenc#}"
XENC11: Final = "{http://www.w3.org/2009/xmlenc11#}"
CIPHERS: Final = {f"http://www.w3.org/2001/04/xmlenc#aes{8 * size}-cbc": size for size in aes_cbc.KEY_BYTES}
PBKDF2: Final = frozenset(
    (
        "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2",
        "http://www.w3.org/2009/xmlenc11#pbkdf2",
    )
)
MACS: Final = {
    "http://www.w3.org/2000/09/xmldsig#hmac-sha1": "sha1",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha384": "sha384",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512": "sha512",
}
MOST_ITERATIONS: Final = 5_000_000  # some seconds

Needed = Literal["pre-shared key", "password"]
Ask = Callable[[Needed], Secret]


@dataclass(frozen=True, slots=True)
class ContainerKey:
    """Opens the encrypted values of one container."""

    key: bytes = field(repr=False)
    mac_key: bytes = field(repr=False)
    digest: str

    def open(self, value: Element, mac: Element | None) -> bytes:
        """What is encrypted in an `EncryptedValue`. Raises `Faulty`: also without a MAC, which CBC needs (§6.1.1)."""
        if mac is None:
            raise Faulty("an encrypted value has no ValueMAC", value.line)
        content = _content(value, len(self.key))
        try:
            aes_cbc.check(self.mac_key, self.digest, content, decoded(mac))
            return aes_cbc.decrypt(self.key, content)
        except aes_cbc.Unreadable:
            raise Faulty("does not open: another key or password, or altered", value.line) from None


def open_key(container: Element, ask: Ask) -> ContainerKey | None:
    """The key of the container, which `ask` gives; None if nothing in it is encrypted. Raises `Faulty`."""
    about = container.find(f"{PSKC}EncryptionKey")
    if about is None:
        return None
    method = container.find(f"{PSKC}MACMethod")
    if method is None:
        raise Faulty("an encrypted container has a MACMethod", about.line)
    digest = MACS.get(method.attributes.get("Algorithm", ""))
    if digest is None:
        raise Faulty(
            "the algorithm of MACMethod is none that is taken: HMAC with SHA-1 or SHA-2", method.line
        )
    key = _key(about, ask)
    mac_key = method.find(f"{PSKC}MACKey")
    if mac_key is None:  # then both are one (§6.1.1)
        return ContainerKey(key, key, digest)
    try:
        return ContainerKey(key, aes_cbc.decrypt(key, _content(mac_key, len(key))), digest)
    except aes_cbc.Unreadable:
        raise Faulty("does not open: another key or password, or altered", mac_key.line) from None


def decoded(element: Element) -> bytes:
    """Base64 with white space in it. Raises `Faulty`."""
    try:
        return base64.b64decode("".join(element.text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Faulty(f"{element.local} is no Base64", element.line) from None


def _key(about: Element, ask: Ask) -> bytes:
    derived = about.find(f"{XENC11}DerivedKey")
    if derived is not None:
        return _derived(derived, ask)
    if about.find(f"{DS}KeyName") is None:
        raise Faulty("the key is neither named (KeyName) nor derived from a password", about.line)
    try:
        return bytes.fromhex(ask("pre-shared key").reveal().strip().removeprefix("0x"))
    except ValueError:
        raise Faulty("the pre-shared key is written in hexadecimal", about.line) from None


def _derived(derived: Element, ask: Ask) -> bytes:
    """PBKDF2 (RFC 8018 §5.2). Its parameters stand in more than one namespace in the wild, so in any."""
    method = derived.find(f"{XENC11}KeyDerivationMethod")
    if method is None or method.attributes.get("Algorithm") not in PBKDF2:
        raise Faulty("the key is derived by something else than PBKDF2", derived.line)
    parts = {one.local: one for child in method.children for one in child.children}
    salts = parts["Salt"].children if "Salt" in parts else []
    prf = parts["PRF"].attributes.get("Algorithm", "") if "PRF" in parts else ""
    digest = MACS.get(prf or "http://www.w3.org/2000/09/xmldsig#hmac-sha1")
    rounds, length = _number(parts, "IterationCount"), _number(parts, "KeyLength")
    if not salts or digest is None or not 1 <= rounds <= MOST_ITERATIONS or length not in aes_cbc.KEY_BYTES:
        raise Faulty("the parameters of PBKDF2 are not such as are taken", method.line)
    password = ask("password").reveal().encode()
    return hashlib.pbkdf2_hmac(digest, password, decoded(salts[0]), rounds, length)


def _number(parts: dict[str, Element], name: str) -> int:
    text = parts[name].text if name in parts else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _content(value: Element, key_bytes: int) -> bytes:
    method = value.find(f"{XENC}EncryptionMethod")
    size = CIPHERS.get(method.attributes.get("Algorithm", "")) if method else None
    if size is None:
        raise Faulty("is encrypted by something else than AES-CBC", value.line)
    if size != key_bytes:
        raise Faulty(f"is encrypted with a key of {8 * size} bits, given are {8 * key_bytes}", value.line)
    cipher = value.find(f"{XENC}CipherData", f"{XENC}CipherValue")
    if cipher is None:
        raise Faulty("has no CipherValue", value.line)
    return decoded(cipher)
