"""Key containers written after the figures of RFC 6030."""

from __future__ import annotations

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"
 xmlns:xenc11="http://www.w3.org/2009/xmlenc11#"
 xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#">
"""
PLAIN = "<PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue>"
AES = '<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>'
NAMED = "<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>"
DERIVED = """<EncryptionKey><xenc11:DerivedKey>
<xenc11:KeyDerivationMethod Algorithm="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2">
<pkcs5:PBKDF2-params><Salt><Specified>Ej7/PEpyEpw=</Specified></Salt><IterationCount>1000</IterationCount>
<KeyLength>16</KeyLength><PRF/></pkcs5:PBKDF2-params></xenc11:KeyDerivationMethod>
<xenc11:MasterKeyName>My Password 1</xenc11:MasterKeyName></xenc11:DerivedKey></EncryptionKey>"""


def cipher(value: str) -> str:
    return f"{AES}<xenc:CipherData><xenc:CipherValue>{value}</xenc:CipherValue></xenc:CipherData>"


def mac_method(value: str) -> str:
    return (
        '<MACMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1">'
        f"<MACKey>{cipher(value)}</MACKey></MACMethod>"
    )


def encrypted(value: str, mac: str) -> str:
    return f"<EncryptedValue>{cipher(value)}</EncryptedValue><ValueMAC>{mac}</ValueMAC>"


def package(
    secret: str = PLAIN,
    serial: str = "987654321",
    kind: str = "hotp",
    form: str = '<ResponseFormat Length="8" Encoding="DECIMAL"/>',
    data: str = "<Counter><PlainValue>0</PlainValue></Counter>",
    policy: str = "",
) -> str:
    return f"""<KeyPackage>
<DeviceInfo><Manufacturer>Manufacturer</Manufacturer><SerialNo>{serial}</SerialNo></DeviceInfo>
<CryptoModuleInfo><Id>CM_ID_001</Id></CryptoModuleInfo>
<Key Id="12345678" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:{kind}"><Issuer>Issuer</Issuer>
<AlgorithmParameters>{form}</AlgorithmParameters>
<Data><Secret>{secret}</Secret>{data}</Data>{policy}</Key>
</KeyPackage>
"""


def container(*packages: str, head: str = "") -> bytes:
    return f"{HEAD}{head}{''.join(packages)}</KeyContainer>".encode()


# Figure 6: keys 0x12345678901234567890123456789012 and 0x1122334455667788990011223344556677889900
FIGURE_6 = container(
    package(
        encrypted(
            "AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv",
            "Su+NvtQfmvfJzF6bmQiJqoLRExc=",
        )
    ),
    head=NAMED + mac_method("ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX"),
)
KEY_6 = "12345678901234567890123456789012"
# Figure 7: the password is qwerty
FIGURE_7 = container(
    package(
        encrypted(
            "oTvo+S22nsmS2Z/RtcoF8Hfh+jzMe0RkiafpoDpnoZTjPYZu6V+A4aEn032yCr4f",
            "LP6xMvjtypbfT9PdkJhBZ+D6O4w=",
        )
    ),
    head=DERIVED + mac_method("2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx"),
)
PASSWORD_7 = "qwerty"
