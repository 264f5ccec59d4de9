"""From an attribute's name and a text to its bytes (RFC 2865 §5, RFC 2868 §3.1, RFC 3162 §2)."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network
from typing import Final

from protocols.radius.dictionary import NUMBERS, Definition
from protocols.radius.packet import LONGEST_VALUE, VENDOR_SPECIFIC, Attribute

LARGEST_TAG: Final = 0x1F
INTERFACE_BYTES: Final = 8
TAGGED_NUMBER_BYTES: Final = 3  # what the tag leaves of four


def encode(definition: Definition, text: str, tag: int | None = None) -> Attribute:
    """The attribute with this value. Raises ValueError, with words for whoever wrote it."""
    value = _tagged(definition, text, tag) if definition.is_tagged else _value(definition, text)
    vendor = definition.vendor
    if vendor is None:
        return definition.number, _bounded(value, LONGEST_VALUE)
    head = vendor.number.to_bytes(4) + definition.number.to_bytes(vendor.type_bytes)
    room = LONGEST_VALUE - len(head) - vendor.length_bytes
    length = vendor.type_bytes + vendor.length_bytes + len(_bounded(value, room))
    return VENDOR_SPECIFIC, head + (
        length.to_bytes(vendor.length_bytes) if vendor.length_bytes else b""
    ) + value


def _bounded(value: bytes, room: int) -> bytes:
    if len(value) > room:
        raise ValueError(f"is longer than {room} bytes")
    if not value:
        raise ValueError("is empty")
    return value


def _tagged(definition: Definition, text: str, tag: int | None) -> bytes:
    if definition.kind == "integer":
        number = _number(definition, text, TAGGED_NUMBER_BYTES)
        return bytes((tag or 0,)) + number.to_bytes(TAGGED_NUMBER_BYTES)
    value = _value(definition, text)
    # A text whose first byte is that small would be taken for a tag.
    return value if tag is None and value[:1] > bytes((LARGEST_TAG,)) else bytes((tag or 0,)) + value


def _value(definition: Definition, text: str) -> bytes:
    kind = definition.kind
    if kind in NUMBERS:
        return _number(definition, text, NUMBERS[kind]).to_bytes(NUMBERS[kind])
    match kind:
        case "string" | "text":
            return text.encode()
        case "octets":
            return _octets(text)
        case "signed":
            return _signed(text)
        case "ipaddr":
            return _address(text).packed
        case "ipv6addr":
            return _address_6(text).packed
        case "ipv6prefix":
            return _prefix(text)
        case "ifid":
            return _interface(text)
    raise ValueError(f"is of type {kind}, which cannot be set")


def _octets(text: str) -> bytes:
    """`0x` and hexadecimal digits, or else the text itself."""
    try:
        return bytes.fromhex(text[2:]) if text[:2].lower() == "0x" else text.encode()
    except ValueError:
        raise ValueError("must be 0x and pairs of hexadecimal digits, or text") from None


def _number(definition: Definition, text: str, size: int) -> int:
    named = definition.values.get(text.casefold())
    try:
        number = int(text, 0) if named is None else named
    except ValueError:
        known = f", or one of {', '.join(sorted(definition.values))}" if definition.values else ""
        raise ValueError(f"must be a number{known}") from None
    if not 0 <= number < 1 << 8 * size:
        raise ValueError(f"must be a number of {8 * size} bits")
    return number


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError:
        raise ValueError("must be an IPv4 address, for example 192.0.2.10") from None


def _address_6(text: str) -> IPv6Address:
    try:
        return IPv6Address(text)
    except AddressValueError:
        raise ValueError("must be an IPv6 address, for example 2001:db8::10") from None


def _signed(text: str) -> bytes:
    try:
        return int(text, 0).to_bytes(4, signed=True)
    except (ValueError, OverflowError):
        raise ValueError("must be a number of 32 bits with a sign") from None


def _interface(text: str) -> bytes:
    """Four groups as in an IPv6 address (RFC 3162 §2.2)."""
    try:
        value = b"".join(int(part, 16).to_bytes(2) for part in text.split(":"))
    except (ValueError, OverflowError):
        value = b""
    if len(value) != INTERFACE_BYTES:
        raise ValueError("must be an interface identifier, for example 0:0:0:1")
    return value


def _prefix(text: str) -> bytes:
    try:
        network = IPv6Network(text)
    except ValueError:
        raise ValueError("must be an IPv6 network, for example 2001:db8::/48") from None
    size = -(-network.prefixlen // 8)
    return bytes((0, network.prefixlen)) + network.network_address.packed[:size]
