"""All mistakes at once, each as `file:line:column: what is wrong, what would be right`."""

from pathlib import Path

import pytest

from tests.config.folder import mistakes, write

BROKEN = {
    "idp": """\
listen: {http: 8080}
storage: mysql:x
workers: 0
trusted_proxies: [10.0.0.0/99]
doors: [oidc, odic]
log: {level: verbose, colour: true}
master_key: {env: NO_SUCH_VARIABLE}
""",
    "tenants__acme__tenant": """\
tenant: Acme One
base_url: http://login.example.com
display_name: {ja: アクメ, english: Acme}
time_zone: Asia/Tokio
locales: []
them: default
session: {idle_seconds: 100, absolute_seconds: 99}
lockout: {failures: many, seconds: 0}
""",
    "tenants__acme__authenticators": """\
matrix:
  table: {rows: 4, columns: 11, blocks: 3}
  patern: {min: 6}
  pattern: {forbid: straight}
totp: {digits: 7}
totp: {}
""",
    "tenants__acme__policies": """\
- name: nights
  when: {groups: staff, hours: [Mon-Fry 07:00-22:00, 25:00-26:00], networks: {not: [a.bc]}, services: [wikki]}
  then: {require: [matrixx, password]}
- when: {}
  then: denied
- name: odd
  then: {require: []}
""",
    "tenants__acme__services__wiki": """\
service: wiki
display_name: {en: Wiki}
oidc:
  client_id: wiki
  client_secret: in plain sight
""",
    "tenants__acme__services__mail": """\
service: mail
display_name: [Mail]
launch_url: mail.example.com
oidc:
  client_id: mail
  client_secret: {file: secrets/nowhere}
  redirect_uris: [https://mail.example.com/callback]
""",
}
EXPECTED = """\
idp.yaml:1:16: listen.http must be text, put it in quotes
idp.yaml:2:10: storage must be sqlite:FILE or postgresql://user@host/database
idp.yaml:3:10: workers must be at least 1
idp.yaml:4:19: trusted_proxies[1] must be a network, for example 10.0.0.0/8
idp.yaml:5:15: doors[2]: no door is called odic, did you mean oidc?
idp.yaml:6:14: log.level must be debug, info, warning or error
idp.yaml:6:23: log.colour is an unknown key, known are format, level
idp.yaml:7:13: master_key: the environment variable NO_SUCH_VARIABLE is not set
tenants/acme/authenticators.yaml:2:10: matrix.table: columns must be a multiple of blocks, for example 12
tenants/acme/authenticators.yaml:3:3: matrix.patern is an unknown key, did you mean pattern?
tenants/acme/authenticators.yaml:4:21: matrix.pattern.forbid must be a list, for example [one, two]
tenants/acme/authenticators.yaml:5:16: totp.digits must be 6 or 8
tenants/acme/authenticators.yaml:6:1: the key totp stands here twice, first in line 5: remove one
tenants/acme/policies.yaml:2:33: [1].when.hours[1] must name days as Mon, Tue, Wed, Thu, Fri, Sat, Sun, \
for example Mon-Fri 07:00-22:00 or Sat,Sun 10:00-16:00
tenants/acme/policies.yaml:2:54: [1].when.hours[2] must be times between 00:00 and 24:00, \
for example Mon-Fri 07:00-22:00 or Sat,Sun 10:00-16:00
tenants/acme/policies.yaml:2:85: [1].when.networks.not[1] must be a network, for example 10.0.0.0/8
tenants/acme/policies.yaml:2:104: no service is called wikki, did you mean wiki?
tenants/acme/policies.yaml:3:20: no authenticator is called matrixx, did you mean matrix?
tenants/acme/policies.yaml:3:29: password is not configured, add it to authenticators.yaml
tenants/acme/policies.yaml:4:3: [2].name is missing
tenants/acme/policies.yaml:5:9: [2].then must be deny, allow, {require: [matrix]} or {deny: {en: words}}
tenants/acme/policies.yaml:7:19: [3].then.require must have at least 1 entry
tenants/acme/services/mail.yaml:2:15: display_name must be a mapping, keys with values behind a colon
tenants/acme/services/mail.yaml:3:13: launch_url must be an absolute web address, \
for example https://wiki.example.com/, or that of an app, com.example.app:/start
tenants/acme/services/mail.yaml:6:18: oidc.client_secret: cannot read secrets/nowhere: \
no such file or directory
tenants/acme/services/wiki.yaml:5:18: oidc.client_secret: a secret stands here only in a demo tenant, \
give {file: …} or {env: …}
tenants/acme/tenant.yaml:1:9: tenant must be a name of small letters, digits, - and _, for example wiki-2
tenants/acme/tenant.yaml:2:11: base_url must be https, plain http is for localhost only: \
https://login.example.com
tenants/acme/tenant.yaml:3:25: display_name.english: the key must be a language such as ja, en or zh-Hant
tenants/acme/tenant.yaml:4:12: time_zone must be a time zone of the IANA list, for example Asia/Tokyo
tenants/acme/tenant.yaml:5:10: locales must have at least 1 entry
tenants/acme/tenant.yaml:6:1: them is an unknown key, did you mean theme?
tenants/acme/tenant.yaml:7:25: session.idle_seconds must not be more than absolute_seconds
tenants/acme/tenant.yaml:8:21: lockout.failures must be a whole number
tenants/acme/tenant.yaml:8:36: lockout.seconds must be at least 1
"""


def test_all_mistakes_are_told_at_once_each_where_it_stands(tmp_path: Path) -> None:
    folder = write(tmp_path, **BROKEN)
    assert mistakes(folder) == EXPECTED.splitlines()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    assert mistakes(missing) == [f"{missing}:1:1: there is no such folder, name it with --config"]


def test_a_folder_without_the_servers_file_is_a_mistake(tmp_path: Path) -> None:
    assert mistakes(tmp_path) == ["idp.yaml:1:1: cannot be read: no such file or directory"]


def test_of_a_union_only_the_branch_that_was_meant_is_told(tmp_path: Path) -> None:
    rule = "- {name: x, when: {networks: {not: 7}}, then: {require: 7, acr: 7}}\n"
    assert mistakes(write(tmp_path, tenants__acme__policies=rule)) == [
        "tenants/acme/policies.yaml:1:36: [1].when.networks.not must be a list, for example [one, two]",
        "tenants/acme/policies.yaml:1:57: [1].then.require must be a list, for example [one, two]",
        "tenants/acme/policies.yaml:1:65: [1].then.acr must be text, put it in quotes",
    ]


def test_an_unknown_key_is_told_with_the_nearest_that_may_stand_there(tmp_path: Path) -> None:
    service = """\
service: wiki
display_name: {en: Wiki}
oidc: {client_id: wiki, client_secret: {fil: x}, redirect_uri: []}
"""
    assert mistakes(write(tmp_path, tenants__acme__services__wiki=service)) == [
        "tenants/acme/services/wiki.yaml:3:41: oidc.client_secret.fil is an unknown key, did you mean file?",
        "tenants/acme/services/wiki.yaml:3:50: oidc.redirect_uri is an unknown key, did you mean redirect_uris?",
    ]


def test_no_mistake_shows_a_secret(tmp_path: Path) -> None:
    service = """\
service: wiki
display_name: {en: Wiki}
oidc: {client_id: wiki, client_secret: hunter2-is-my-secret, redirect_uris: [hunter2-is-my-secret@x]}
"""
    found = mistakes(write(tmp_path, tenants__acme__services__wiki=service))
    assert len(found) == 2
    assert not any("hunter2" in mistake for mistake in found)


@pytest.mark.parametrize("value", ["false", "true", "10", "1.5", "null", "[]"])
def test_what_is_no_text_is_no_network(tmp_path: Path, value: str) -> None:
    """A library would read 10 as 0.0.0.10 and warn of true, which is 1 to it."""
    rule = f"- {{name: a, when: {{networks: {{not: [{value}]}}}}, then: {{require: [matrix]}}}}\n"
    folder = write(tmp_path, idp=f"trusted_proxies: [{value}]\n", tenants__acme__policies=rule)
    proxies, networks = mistakes(folder)
    assert proxies.startswith("idp.yaml:1:19: trusted_proxies[1] ")
    assert networks.startswith("tenants/acme/policies.yaml:1:37: ")
    assert all("must be a network, for example 10.0.0.0/8" in mistake for mistake in (proxies, networks))
