"""SimpleSAMLphp as a service provider, under PHP's own web server."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.clients.saml.service import Issuer, Service

CONFIGURATION = """<?php $config = [
  'baseurlpath' => '{origin}/', 'certdir' => '{root}/', 'loggingdir' => '{root}/', 'datadir' => '{root}/',
  'tempdir' => '{root}/tmp/', 'metadatadir' => '{root}/', 'timezone' => 'UTC', 'secretsalt' => '{salt}',
  'technicalcontact_email' => 'desk@example.com', 'auth.adminpassword' => '{salt}',
  'logging.level' => SimpleSAML\\Logger::INFO, 'logging.handler' => 'file', 'logging.logfile' => 'saml.log',
  'session.cookie.secure' => false, 'session.cookie.samesite' => null, 'store.type' => 'phpsession',
  'language.default' => 'en', 'module.enable' => ['core' => true, 'saml' => true], 'theme.use' => 'default',
  'trusted.url.domains' => [], 'showerrors' => true, 'errorreporting' => false,
  'metadata.sources' => [{source}],
];
"""
SOURCES = """<?php $config = ['sp' => [
  'saml:SP', 'entityID' => '{entity_id}', 'idp' => '{idp}', 'privatekey' => 'sp.key', 'certificate' => 'sp.crt',
  'sign.authnrequest' => true, 'redirect.sign' => true, 'sign.logout' => true, 'WantAssertionsSigned' => true,
  'assertion.encryption' => true, 'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
]];
"""


class SimpleSAMLphp(Service):
    """Signs its requests by the Redirect binding; takes encrypted assertions only."""

    name = "ssp"
    login = "/module.php/core/authenticate.php?as=sp"
    settings: ClassVar[Mapping[str, Any]] = {"encrypt": True, "idp_initiated": True, "relay_state": login}
    consumer, entity = "/module.php/saml/sp/saml2-acs.php/sp", "/sp"
    logout = "/module.php/core/as_logout.php?AuthId=sp&ReturnTo=/module.php/core/frontpage_welcome.php"
    home = login
    distrust = "Unable to validate Signature"

    def describe(self) -> str:
        (self.folder / "tmp").mkdir()
        self._configure("", "['type' => 'flatfile']")
        self.run(
            ["php", "-d", "error_reporting=0", "-d", f"session.save_path={self.folder}/tmp", "-S",
             f"127.0.0.1:{self.port}", "-t", "/usr/share/simplesamlphp/www"],
            SIMPLESAMLPHP_CONFIG_DIR=str(self.folder),
        )  # fmt: skip
        return self.fetch("/module.php/saml/sp/metadata.php/sp")

    def trust(self, issuer: Issuer) -> None:
        (self.folder / "idp.xml").write_bytes(issuer.metadata)
        self._configure(issuer.entity_id, f"['type' => 'xml', 'file' => '{self.folder}/idp.xml']")

    def _configure(self, idp: str, source: str) -> None:
        known = {"root": self.folder, "origin": self.origin, "salt": secrets.token_hex(), "source": source}
        (self.folder / "config.php").write_text(CONFIGURATION.format(**known))
        (self.folder / "authsources.php").write_text(SOURCES.format(entity_id=self.entity_id, idp=idp))
