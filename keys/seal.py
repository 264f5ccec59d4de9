"""Sealing at rest: AES-256-GCM, bound to the tenant and to the row that holds the sealed bytes."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.master import MasterKey

FORMAT = 1
HEADER = struct.Struct(">BI")  # format, version of the data key
NONCE_BYTES = 12  # random 96 bits: a key seals up to 2^32 times (NIST SP 800-38D §8.3)
TAG_BYTES = 16
KEY_BYTES = 32


class Unsealable(Exception):
    """Sealed bytes that were altered, moved to another row or tenant, or belong to another key."""


def new_data_key() -> bytes:
    """Fresh random bytes for `wrap` and `Vault`."""
    return os.urandom(KEY_BYTES)


class Vault:
    """The data keys of one tenant, unwrapped. The highest version seals, every version opens."""

    __slots__ = ("_ciphers", "_current", "tenant")

    def __init__(self, tenant: str, data_keys: Mapping[int, bytes]) -> None:
        """`data_keys` are 32 bytes each by version; at least one."""
        self.tenant = tenant
        self._ciphers = {version: AESGCM(key) for version, key in data_keys.items()}
        self._current = max(self._ciphers)

    def seal(self, plaintext: bytes, *context: str) -> bytes:
        """Encrypt for one place: `context` names it (table, row id, …) and must be the same at `open`."""
        header = HEADER.pack(FORMAT, self._current)
        nonce = os.urandom(NONCE_BYTES)
        bound = header + encode_context(self.tenant, *context)
        return header + nonce + self._ciphers[self._current].encrypt(nonce, plaintext, bound)

    def open(self, sealed: bytes, *context: str) -> bytes:
        """The plaintext. Raises `Unsealable`, which never says what was wrong."""
        sealed = bytes(sealed)
        if len(sealed) < HEADER.size + NONCE_BYTES + TAG_BYTES:
            raise Unsealable
        header, rest = sealed[: HEADER.size], sealed[HEADER.size :]
        form, version = HEADER.unpack(header)
        cipher = self._ciphers.get(version)
        if form != FORMAT or cipher is None:
            raise Unsealable
        try:
            bound = header + encode_context(self.tenant, *context)
            return cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], bound)
        except InvalidTag:
            raise Unsealable from None


def wrap(data_key: bytes, master: MasterKey, tenant: str, version: int) -> bytes:
    """Seal a data key under the master key, for this tenant and version alone."""
    return _master_vault(master, tenant).seal(data_key, "data_keys", str(version))


def unwrap(wrapped: bytes, master: MasterKey, tenant: str, version: int) -> bytes:
    """The data key. Raises `Unsealable`, for example under another master key."""
    return _master_vault(master, tenant).open(wrapped, "data_keys", str(version))


def _master_vault(master: MasterKey, tenant: str) -> Vault:
    return Vault(tenant, {0: master.reveal()})


def encode_context(*parts: str) -> bytes:
    """Each part behind its length, so that ("ab", "c") and ("a", "bc") differ."""
    return b"".join([len(part).to_bytes(4) + part for part in map(str.encode, parts)])
