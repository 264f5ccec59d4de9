"""Our signatures and thumbprints against the RFCs' own examples."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from keys import base64url
from keys.algorithm import ALGORITHMS
from keys.jwk import public_jwk, thumbprint
from keys.jws import SigningKey

RSA_N = (
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR"
    "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXB"
    "dQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia"
    "GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
)
RFC_7515_PAYLOAD = (
    b"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)


def number(text: str) -> int:
    return int.from_bytes(base64url.decode(text.encode()))


def test_rs256_verifies_the_example_of_rfc_7515_appendix_a_2() -> None:
    signature = (
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9"
        "uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB"
        "_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq"
        "Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    )
    key = rsa.RSAPublicNumbers(number("AQAB"), number(RSA_N)).public_key()
    message = b"eyJhbGciOiJSUzI1NiJ9." + RFC_7515_PAYLOAD
    raw = base64url.decode(signature.encode())
    assert ALGORITHMS["RS256"].verify(key, raw, message)
    assert not ALGORITHMS["RS256"].verify(key, raw, message + b"x")


def test_es256_verifies_the_example_of_rfc_7515_appendix_a_3() -> None:
    x = number("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")
    y = number("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    message = b"eyJhbGciOiJFUzI1NiJ9." + RFC_7515_PAYLOAD
    signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    raw = base64url.decode(signature.encode())
    assert ALGORITHMS["ES256"].verify(key, raw, message)
    assert not ALGORITHMS["ES256"].verify(key, raw, message + b"x")
    assert not ALGORITHMS["ES256"].verify(key, bytes(64), message), "r = s = 0 (CVE-2022-21449)"


def test_eddsa_signs_the_example_of_rfc_8037_appendix_a_4() -> None:
    seed = base64url.decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
    private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    expected = b"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    signature = ALGORITHMS["EdDSA"].sign(private, message)
    assert base64url.encode(signature) == expected
    assert ALGORITHMS["EdDSA"].verify(private.public_key(), signature, message)


def test_the_thumbprint_of_rfc_8037_appendix_a_3() -> None:
    public = base64url.decode(b"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    jwk = public_jwk(ALGORITHMS["EdDSA"], ed25519.Ed25519PublicKey.from_public_bytes(public))
    assert jwk["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_thumbprint_of_rfc_7638_section_3_1() -> None:
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
        "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
        "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
        "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    assert thumbprint({"n": n, "e": "AQAB", "kty": "RSA"}) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_public_jwk_has_no_private_member(alg: str) -> None:
    """RFC 7518 §6: d, p, q, dp, dq, qi, k and oth are private."""
    public: dict[str, Any] = json.loads(json.dumps(SigningKey.generate(alg).public))
    assert not public.keys() & {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}
    assert public["alg"] == alg
    assert public["use"] == "sig"


def test_coordinates_keep_their_leading_zeros() -> None:
    """RFC 7518 §6.2.1.2: 32 bytes each, whatever the number."""
    for private_value in range(1, 600):
        key = ec.derive_private_key(private_value, ec.SECP256R1()).public_key()
        members = ALGORITHMS["ES256"].members(key)
        assert {len(members["x"]), len(members["y"])} == {43}


def test_signatures_of_es256_are_64_bytes_whatever_r_and_s_are() -> None:
    """RFC 7518 §3.4: one in 128 has a number with a leading zero."""
    key = ec.generate_private_key(ec.SECP256R1())
    algorithm = ALGORITHMS["ES256"]
    for count in range(600):
        signature = algorithm.sign(key, bytes([count % 256]))
        assert len(signature) == 64
        assert algorithm.verify(key.public_key(), signature, bytes([count % 256]))


@pytest.mark.parametrize("text", [b"AA==", b"A", b"AB", b"A A", b"+/", b"AA\n", "Ａ".encode()], ids=repr)
def test_base64url_has_one_spelling(text: bytes) -> None:
    with pytest.raises(ValueError, match="base64url"):
        base64url.decode(text)
