"""Apache with mod_auth_openidc: a folder of configuration, and a process."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

MODULES = Path("/usr/lib/apache2/modules")
LOADED = ("mpm_prefork", "authn_core", "authz_core", "authz_user", "dir", "mime", "include", "env", "headers")
START_SECONDS = 60

PAGE = """<pre>sub=<!--#echo var="REMOTE_USER" -->
name=<!--#echo var="OIDC_CLAIM_preferred_username" -->
email=<!--#echo var="OIDC_CLAIM_email" -->
acr=<!--#echo var="OIDC_CLAIM_acr" -->
issuer=<!--#echo var="OIDC_CLAIM_iss" --></pre>
"""
CONFIGURATION = """ServerRoot {root}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {root}/pid
ErrorLog {root}/error.log
LogLevel warn auth_openidc:info
User www-data
Group www-data
{modules}
LoadModule auth_openidc_module {folder}/mod_auth_openidc.so
TypesConfig /etc/mime.types
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
DocumentRoot {root}/www
DirectoryIndex index.shtml
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret "{secret}"
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCRedirectURI {callback}
OIDCCryptoPassphrase {passphrase}
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCCookieSameSite On
OIDCCookie session_{port}
<Directory {root}/www>
  Options +Includes
  Require all granted
</Directory>
<Location /protected>
  AuthType openid-connect
  Require valid-user
</Location>
"""


class Apache:
    """One relying party; what it was told stands on its page `/protected/`."""

    def __init__(self, root: Path, port: int) -> None:
        self.root, self.port = root, port
        self.url = f"http://localhost:{port}/protected/"
        self.callback = f"{self.url}callback"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        path = self.root / "error.log"
        return path.read_text() if path.exists() else ""

    def start(self, issuer: str, client_id: str, secret: str) -> None:
        (self.root / "www" / "protected").mkdir(parents=True)
        (self.root / "www" / "protected" / "index.shtml").write_text(PAGE)
        (self.root / "www" / "open").write_text("open")
        self.root.chmod(0o755)  # its children run as another user
        modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED)
        (self.root / "httpd.conf").write_text(
            CONFIGURATION.format(
                root=self.root,
                port=self.port,
                modules=modules,
                folder=MODULES,
                issuer=issuer,
                callback=self.callback,
                client_id=client_id,
                secret=secret,
                passphrase=os.urandom(16).hex(),
            )
        )
        # A session of its own: on SIGTERM prefork Apache ends its whole process group.
        self._process = subprocess.Popen(
            ["apache2", "-f", self.root / "httpd.conf", "-DFOREGROUND"], start_new_session=True
        )
        until = time.monotonic() + START_SECONDS
        while not self._is_up():
            assert self._process.poll() is None and time.monotonic() < until, self.log
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(10)

    def _is_up(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/open", timeout=1) as response:
                return bool(response.status == 200)
        except (URLError, OSError):
            return False
