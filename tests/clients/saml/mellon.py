"""Apache with mod_auth_mellon, which is Lasso inside."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.clients.apache import MODULES
from tests.clients.saml.service import MAIL, UID, Issuer, Service

LOADED = ("mpm_prefork", "authn_core", "authz_core", "authz_user", "dir", "mime", "include", "env")
PAGE = """<pre>uid=<!--#echo var="MELLON_uid" -->
mail=<!--#echo var="MELLON_mail" -->
name=<!--#echo var="REMOTE_USER" --></pre>
"""
CONFIGURATION = """ServerRoot {root}
ServerName {origin}
Listen 127.0.0.1:{port}
PidFile {root}/pid
ErrorLog {root}/error.log
LogLevel warn auth_mellon:info
User www-data
Group www-data
{modules}
TypesConfig /etc/mime.types
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
DocumentRoot {root}/www
DirectoryIndex index.shtml
MellonLockFile {root}/lock
<Directory {root}/www>
  Options +Includes
  Require all granted
</Directory>
<Location />
  MellonEnable info
  MellonEndpointPath /mellon
  MellonSPMetadataFile {root}/sp.xml
  MellonSPPrivateKeyFile {root}/mellon.key
  MellonSPCertFile {root}/mellon.crt
  MellonIdPMetadataFile {root}/idp.xml
  MellonSignatureMethod rsa-sha256
  MellonSecureCookie Off
  MellonSetEnvNoPrefix MELLON_uid {uid}
  MellonSetEnvNoPrefix MELLON_mail {mail}
</Location>
<Location /protected>
  MellonEnable auth
  AuthType Mellon
  Require valid-user
</Location>
"""


class Mellon(Service):
    """Signs its requests by the Redirect binding; wants its assertions encrypted."""

    name = "mellon"
    settings: ClassVar[Mapping[str, Any]] = {
        "encrypt": True,
        "idp_initiated": True,
        "relay_state": "/protected/",
    }
    login, consumer, entity = "/protected/", "/mellon/postResponse", "/mellon/metadata"
    logout = "/mellon/logout?ReturnTo=/open"
    home = login
    distrust = "Failed to verify signature"

    def describe(self) -> str:
        """By the script that comes with it, which makes a key too."""
        command = ["mellon_create_metadata", self.entity_id, f"{self.origin}/mellon"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        for made, name in ((".key", "mellon.key"), (".cert", "mellon.crt"), (".xml", "sp.xml")):
            (path,) = self.folder.glob(f"http*{made}")
            path.rename(self.folder / name).chmod(0o644)  # its children run as another user
        return (self.folder / "sp.xml").read_text()

    def trust(self, issuer: Issuer) -> None:
        (self.folder / "idp.xml").write_bytes(issuer.metadata)
        (self.folder / "www" / "protected").mkdir(parents=True)
        (self.folder / "www" / "protected" / "index.shtml").write_text(PAGE)
        (self.folder / "www" / "open").write_text("open")
        (self.folder / "www" / "open").write_text("open")
        modules = [*(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED),
                   f"LoadModule auth_mellon_module {MODULES}/mod_auth_mellon.so"]  # fmt: skip
        configuration = CONFIGURATION.format(
            root=self.folder,
            origin=self.origin,
            port=self.port,
            modules="\n".join(modules),
            uid=UID,
            mail=MAIL,
        )
        (self.folder / "httpd.conf").write_text(configuration)
        self.run(["apache2", "-f", self.folder / "httpd.conf", "-DFOREGROUND"])
