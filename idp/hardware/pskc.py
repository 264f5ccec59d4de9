"""Tokens in a Portable Symmetric Key Container (RFC 6030), plain or encrypted.

Signatures on containers are not looked at: who delivers the file is whom the administrator trusts.
"""

from __future__ import annotations

from typing import Final

from idp.authenticators.device import Device
from idp.hardware.container_key import PSKC, Ask, ContainerKey, decoded, open_key
from idp.hardware.delivery import Delivered, Delivery, Faulty
from idp.hardware.xml_lines import Element, NotXML, parse

KINDS: Final = {f"urn:ietf:params:xml:ns:keyprov:pskc:{kind}": kind for kind in ("hotp", "totp")}
SUITES: Final = {
    "": "SHA1", "HMAC-SHA1": "SHA1", "HMAC-SHA256": "SHA256", "HMAC-SHA512": "SHA512"
}  # fmt: skip
NUMBER_DIGITS: Final = 19


def read(document: bytes, ask: Ask) -> Delivery:
    """The tokens of a container; `ask` gives its key if it is encrypted."""
    delivery = Delivery()
    try:
        container = parse(document)
        if container.name != f"{PSKC}KeyContainer":
            raise Faulty("is no KeyContainer of RFC 6030", container.line)
        key = open_key(container, ask)
    except (NotXML, Faulty) as faulty:
        delivery.fault(faulty.line, faulty.words)
        return delivery
    for package in container.all(f"{PSKC}KeyPackage"):
        try:
            delivery.add(_token(package, key))
        except Faulty as faulty:
            delivery.fault(faulty.line or package.line, faulty.words)
    return delivery


def _token(package: Element, container_key: ContainerKey | None) -> Delivered:
    key = package.find(f"{PSKC}Key")
    if key is None:
        raise Faulty("a KeyPackage has no Key", package.line)
    kind = KINDS.get(key.attributes.get("Algorithm", ""))
    if kind is None:
        raise Faulty("the key is for neither HOTP nor TOTP", key.line)
    _permitted(key)
    data, info = key.find(f"{PSKC}Data"), package.find(f"{PSKC}DeviceInfo")
    if data is None:
        raise Faulty("the key has no Data", key.line)
    digits, algorithm = _response(key)
    device = Device(
        secret=_secret(data, container_key),
        digits=digits,
        period=_number(data, "TimeInterval", 30),
        algorithm=algorithm,
        kind=kind,
        serial=_text(info, "SerialNo") or key.attributes.get("Id", ""),
    )
    if _number(data, "Time", 0):
        raise Faulty("a Time other than 0 is not taken", data.line)
    counter = _number(data, "Counter", 0) - 1 if kind == "hotp" else -1
    drift = _number(data, "TimeDrift", 0) if kind == "totp" else 0
    return Delivered(package.line, device, _text(info, "Manufacturer"), counter, drift)


def _permitted(key: Element) -> None:
    """RFC 6030 §5: a limit that is not understood forbids the use. Raises `Faulty`."""
    policy = key.find(f"{PSKC}Policy")
    for limit in policy.children if policy else ():
        local = limit.attributes.get("PINUsageMode", "Local") == "Local"
        if limit.name == f"{PSKC}KeyUsage":
            continue
        if limit.name != f"{PSKC}PINPolicy" or not local:
            raise Faulty(f"the Policy limits the key by {limit.local}, which is not taken", limit.line)
    usages = [one.text for one in policy.all(f"{PSKC}KeyUsage")] if policy else []
    if usages and "OTP" not in usages:
        raise Faulty("the Policy does not let the key be used for one-time codes", key.line)


def _response(key: Element) -> tuple[int, str]:
    """How many digits a code has, and the hash."""
    parameters = key.find(f"{PSKC}AlgorithmParameters")
    form = parameters.find(f"{PSKC}ResponseFormat") if parameters else None
    if parameters is None or form is None:
        raise Faulty("the key has no ResponseFormat", key.line)
    if form.attributes.get("Encoding") != "DECIMAL" or form.attributes.get("CheckDigits", "false") != "false":
        raise Faulty("codes are digits without a check digit", form.line)
    suite = _text(parameters, "Suite")
    if suite not in SUITES:
        raise Faulty(f"Suite is none of {', '.join(filter(None, SUITES))}", parameters.line)
    length = form.attributes.get("Length", "")
    return int(length) if length in ("6", "7", "8") else 0, SUITES[suite]


def _secret(data: Element, key: ContainerKey | None) -> bytes:
    secret = data.find(f"{PSKC}Secret")
    if secret is None:
        raise Faulty("the key has no Secret", data.line)
    plain, sealed = secret.find(f"{PSKC}PlainValue"), secret.find(f"{PSKC}EncryptedValue")
    if plain is not None:
        return decoded(plain)
    if sealed is None:
        raise Faulty("the Secret has no value", secret.line)
    if key is None:
        raise Faulty("the Secret is encrypted, and the container names no key", secret.line)
    return key.open(sealed, secret.find(f"{PSKC}ValueMAC"))


def _number(data: Element, name: str, default: int) -> int:
    element = data.find(f"{PSKC}{name}")
    if element is None:
        return default
    plain = element.find(f"{PSKC}PlainValue")
    digits = plain.text.removeprefix("-") if plain else ""
    if plain is None or not (digits.isascii() and digits.isdigit()) or len(digits) > NUMBER_DIGITS:
        raise Faulty(f"{name} is no plain number", element.line)
    return int(plain.text)


def _text(element: Element | None, name: str) -> str:
    found = element.find(f"{PSKC}{name}") if element else None
    return found.text if found else ""
