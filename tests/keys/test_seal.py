"""Sealing: what is altered or moved does not open."""

import pytest

from keys.master import MasterKey
from keys.seal import Unsealable, Vault, encode_context, new_data_key, unwrap, wrap

PLACE = ("credentials", "row-1", "user-1")


@pytest.fixture
def vault() -> Vault:
    return Vault("acme", {1: new_data_key()})


def test_what_was_sealed_opens_in_its_place(vault: Vault) -> None:
    assert vault.open(vault.seal(b"A1 F2", *PLACE), *PLACE) == b"A1 F2"


def test_sealed_bytes_show_nothing_of_the_plaintext_and_differ_each_time(vault: Vault) -> None:
    first, second = vault.seal(b"A1 F2 K3 L4", *PLACE), vault.seal(b"A1 F2 K3 L4", *PLACE)
    assert first != second
    assert b"A1 F" not in first


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("credentials", "row-2", "user-1"),
        ("credentials", "row-1", "user-2"),
        ("signing_keys", "row-1", "user-1"),
        ("credentials", "row-1user-1"),
        ("credentials", "row-1", "user-1", ""),
        (),
    ],
    ids=str,
)
def test_a_row_copied_to_another_user_does_not_open(vault: Vault, elsewhere: tuple[str, ...]) -> None:
    """A stolen database without the master key gives nothing; a row copied to another user does not open."""
    with pytest.raises(Unsealable):
        vault.open(vault.seal(b"secret", *PLACE), *elsewhere)


def test_a_row_copied_to_another_tenant_does_not_open_even_under_the_same_key() -> None:
    key = new_data_key()
    with pytest.raises(Unsealable):
        Vault("globex", {1: key}).open(Vault("acme", {1: key}).seal(b"secret", *PLACE), *PLACE)


def test_a_flipped_bit_anywhere_does_not_open(vault: Vault) -> None:
    sealed = vault.seal(b"secret", *PLACE)
    for bit in range(8 * len(sealed)):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unsealable):
            vault.open(bytes(flipped), *PLACE)


def test_a_cut_or_grown_one_does_not_open(vault: Vault) -> None:
    sealed = vault.seal(b"secret", *PLACE)
    for length in range(len(sealed)):
        with pytest.raises(Unsealable):
            vault.open(sealed[:length], *PLACE)
    with pytest.raises(Unsealable):
        vault.open(sealed + b"\0", *PLACE)


def test_the_newest_data_key_seals_and_the_older_still_open() -> None:
    old, new = new_data_key(), new_data_key()
    before, after = Vault("acme", {1: old}), Vault("acme", {1: old, 2: new})
    assert after.open(before.seal(b"secret", *PLACE), *PLACE) == b"secret"
    with pytest.raises(Unsealable):
        before.open(after.seal(b"secret", *PLACE), *PLACE)


def test_a_data_key_unwraps_for_its_tenant_version_and_master_alone() -> None:
    master, data_key = MasterKey(bytes(range(32))), new_data_key()
    wrapped = wrap(data_key, master, "acme", 1)
    assert data_key not in wrapped
    assert unwrap(wrapped, master, "acme", 1) == data_key
    for other in (
        (MasterKey(bytes(32)), "acme", 1),
        (master, "globex", 1),
        (master, "acme", 2),
    ):
        with pytest.raises(Unsealable):
            unwrap(wrapped, *other)


def test_no_two_contexts_are_encoded_alike() -> None:
    contexts = [
        ("ab", "c"),
        ("a", "bc"),
        ("abc",),
        ("abc", ""),
        ("", "abc"),
        (),
        ("",),
        ("\0\0\0\1a",),
        ("a",),
    ]
    assert len({encode_context(*context) for context in contexts}) == len(contexts)
