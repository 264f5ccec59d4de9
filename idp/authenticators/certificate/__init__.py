"""Client certificates: key pairs that the user's browser shows while it connects (X.509, TLS client authentication)."""

from idp.authenticators.certificate.certificate import ClientCertificate

__all__ = ["ClientCertificate"]
