"""A directory: OpenLDAP's slapd with its own folder, TLS, people, and a log of what it was asked."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.server import free_port

START_SECONDS = 30
SUFFIX = "dc=example,dc=com"
PEOPLE = f"ou=people,{SUFFIX}"
SEARCHER, SEARCHER_PASSWORD = f"cn=searcher,{SUFFIX}", "the-password-of-the-searcher"
DECOY = f"cn=decoy,{SUFFIX}"
PASSWORD = "a directory's own words"
# Each with what is special about its name; whoever has none cannot bind at all.
NAMES = ("hanako", "taro", "o'neill, (sales)*", "back\\slash", "plus+equals=", "鈴木", "twin")
CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {folder}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
security simple_bind={strength}
database mdb
suffix "{suffix}"
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{searcher}" read by * none
"""


@dataclass
class Slapd:
    """One server. `ca` is the file of the certificate that signed its own: itself."""

    folder: Path
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    strength: int = 1  # what TLS must give before a password is taken; 0 takes it without
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        (self.folder / "data").mkdir(parents=True)
        self.ca, key = _certificate(self.folder)
        (self.folder / "slapd.conf").write_text(
            CONFIGURATION.format(
                folder=self.folder, certificate=self.ca, key=key, suffix=SUFFIX, searcher=SEARCHER,
                strength=self.strength,
            )
        )  # fmt: skip
        program = shutil.which("slapadd", path="/usr/sbin")
        assert program, "slapd is not installed"
        subprocess.run([program, "-f", self._file], input=_ldif(), check=True, capture_output=True)

    @property
    def ldap(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def ldaps(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def start(self) -> None:
        listen = f"ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.tls_port}/"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["/usr/sbin/slapd", "-f", self._file, "-h", listen, "-d", "stats"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        until = time.monotonic() + START_SECONDS
        while b"slapd starting" not in self._log.read_bytes():
            assert self._process.poll() is None and time.monotonic() < until, self._log.read_text()
            time.sleep(0.02)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(START_SECONDS)
            self._log.unlink()

    def asked(self) -> list[str]:
        """What it was asked so far, in order: `BIND dn`, `SRCH filter`, `RESULT code`."""
        found = re.findall(
            r'BIND dn="(.*?)" method|SRCH .*?filter="(.*?)"$|RESULT .*?err=(\d+) ',
            self._log.read_text(errors="replace"),
            re.MULTILINE,
        )
        return [
            f"BIND {dn}" if dn else f"SRCH {sought}" if sought else f"RESULT {code}"
            for dn, sought, code in found
        ]

    @property
    def _file(self) -> Path:
        return self.folder / "slapd.conf"

    @property
    def _log(self) -> Path:
        return self.folder / "slapd.log"


def _certificate(folder: Path) -> tuple[Path, Path]:
    """For the address: of localhost OpenLDAP makes the machine's own name before it compares."""
    certified, key = folder / "server.pem", folder / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=directory", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", certified, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    return certified, key


def _ldif() -> bytes:
    entries = [
        f"dn: {SUFFIX}\nobjectClass: organization\nobjectClass: dcObject\ndc: example\no: Example\n",
        f"dn: {PEOPLE}\nobjectClass: organizationalUnit\nou: people\n",
        _role(SEARCHER, SEARCHER_PASSWORD),
        _role(DECOY, "nobody-knows-this-one"),
        *(_person(name, PEOPLE) for name in NAMES),
        f"dn: ou=old,{SUFFIX}\nobjectClass: organizationalUnit\nou: old\n",
        _person("twin", f"ou=old,{SUFFIX}"),
        f"dn: uid=keyless,{PEOPLE}\nobjectClass: inetOrgPerson\nuid: keyless\ncn: keyless\nsn: keyless\n",
    ]
    return "\n".join(entries).encode()


def _role(dn: str, password: str) -> str:
    cn = dn.partition(",")[0].removeprefix("cn=")
    return (
        f"dn: {dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\n"
        f"cn: {cn}\nuserPassword: {password}\n"
    )


def _person(name: str, above: str) -> str:
    rdn = re.sub(r'([,+="\\<>;])', r"\\\1", name)
    return (
        f"dn: uid={rdn},{above}\nobjectClass: inetOrgPerson\n"
        f"uid: {name}\ncn: {name}\nsn: {name}\nuserPassword: {PASSWORD}\n"
    )
