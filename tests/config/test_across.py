"""Mistakes that no single file shows."""

from pathlib import Path

import pytest

from idp.config.bundle import Bundle
from idp.config.load import load
from tests.config.folder import AUTHENTICATORS, POLICIES, SERVICE, TENANT, mistakes, warnings, write

OTHER = TENANT.replace("acme", "other")


def other(base_url: str) -> dict[str, str]:
    return {
        "tenants__other__tenant": OTHER.replace("https://login.example.com", base_url),
        "tenants__other__authenticators": AUTHENTICATORS,
        "tenants__other__policies": POLICIES,
    }


def test_a_right_folder_has_neither_mistakes_nor_warnings(tmp_path: Path) -> None:
    assert warnings(write(tmp_path)) == []


def test_two_tenants_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    files = other("https://other.example.com")
    files["tenants__other__tenant"] = files["tenants__other__tenant"].replace("tenant: other", "tenant: acme")
    folder = write(tmp_path, **files)
    assert mistakes(folder) == [
        "tenants/other/tenant.yaml:1:9: tenant acme stands at tenants/acme/tenant.yaml:1:9 already, choose another"
    ]


@pytest.mark.parametrize(
    "base_url",
    ["https://login.example.com", "https://LOGIN.example.com:443/", "https://login.example.com/oidc/x"],
)
def test_base_urls_that_overlap_are_a_mistake(tmp_path: Path, base_url: str) -> None:
    assert mistakes(write(tmp_path, **other(base_url))) == [
        "tenants/other/tenant.yaml:2:11: base_url overlaps with that of tenant acme, choose another host or path"
    ]


def test_a_path_below_another_tenants_path_is_a_mistake(tmp_path: Path) -> None:
    files = other("https://login.example.com/a/b")
    files["tenants__acme__tenant"] = TENANT.replace(".com", ".com/a")
    assert len(mistakes(write(tmp_path, **files))) == 1


@pytest.mark.parametrize(
    "base_url",
    ["https://login.example.com:8443", "https://login.example.com/other", "https://example.com"],
)
def test_tenants_live_beside_each_other_by_host_port_or_path(tmp_path: Path, base_url: str) -> None:
    assert warnings(write(tmp_path, **other(base_url))) == []


def test_a_service_name_and_a_client_id_stand_once_in_a_tenant(tmp_path: Path) -> None:
    folder = write(tmp_path, tenants__acme__services__zwei=SERVICE)
    first = "tenants/acme/services/wiki.yaml"
    assert mistakes(folder) == [
        f"tenants/acme/services/zwei.yaml:1:10: service wiki stands at {first}:1:10 already, choose another",
        f"tenants/acme/services/zwei.yaml:4:14: oidc.client_id wiki stands at {first}:4:14 already, choose another",
    ]


def test_our_own_pages_keep_their_names(tmp_path: Path) -> None:
    folder = write(
        tmp_path, tenants__acme__services__wiki=SERVICE.replace("service: wiki", "service: portal")
    )
    assert mistakes(folder) == [
        "tenants/acme/services/wiki.yaml:1:10: service portal is the name of our own pages, choose another"
    ]


def test_a_rule_may_name_our_own_pages_and_a_service_whose_file_has_a_mistake(tmp_path: Path) -> None:
    rule = "- {name: x, when: {services: [portal, account, wiki]}, then: deny}\n"
    folder = write(
        tmp_path,
        tenants__acme__policies=rule,
        tenants__acme__services__wiki=SERVICE.replace("none", "some"),
    )
    assert [mistake.partition(": ")[0] for mistake in mistakes(folder)] == [
        "tenants/acme/services/wiki.yaml:5:31"
    ]


def test_account_pages_are_a_service_and_no_door(tmp_path: Path) -> None:
    rule = "- {name: x, when: {protocols: [portal, account]}, then: deny}\n"
    assert mistakes(write(tmp_path, tenants__acme__policies=rule)) == [
        "tenants/acme/policies.yaml:1:40: account is entered by the door portal, write services: [account]"
    ]


def test_a_theme_and_a_language_must_be_there(tmp_path: Path) -> None:
    tenant = TENANT + "theme: defualt\nlocales: [ja, xx]\n"
    assert mistakes(write(tmp_path, tenants__acme__tenant=tenant)) == [
        "tenants/acme/tenant.yaml:4:8: theme: no theme is called defualt, did you mean default?",
        "tenants/acme/tenant.yaml:5:15: locales[2]: there are no messages for xx, known are en, ja",
    ]


def test_a_theme_of_the_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "themes" / "ours").mkdir(parents=True)
    assert warnings(write(tmp_path, tenants__acme__tenant=TENANT + "theme: ours\n")) == []


def test_a_theme_is_what_lies_in_its_folder(tmp_path: Path) -> None:
    """A link that leads out is a mistake, one that stays inside is none; what begins with a dot is no part of it."""
    (tmp_path / "passwords").write_text("of all")
    theme = tmp_path / "themes" / "ours"
    (theme / "..2026" / "static").mkdir(parents=True)
    (theme / "..2026" / "static" / "logo.svg").write_text("<svg/>")
    (theme / "static").symlink_to("..2026/static")  # as a ConfigMap is mounted
    (theme / "again").symlink_to(".")
    (theme / ".git").mkdir()
    (theme / ".git" / "config").symlink_to(tmp_path / "passwords")
    folder = write(tmp_path, tenants__acme__tenant=TENANT + "theme: ours\n")
    assert warnings(folder) == []
    kept = Bundle.of(load(folder)).files
    assert {name for name in kept if name.startswith("themes")} == {"themes/ours/static/logo.svg"}
    (theme / "login").mkdir()
    (theme / "login" / "motto.html").symlink_to(tmp_path / "passwords")
    assert mistakes(folder) == [
        "tenants/acme/tenant.yaml:4:8: theme: login/motto.html is a link out of the theme, copy what it leads to"
    ]


def test_a_file_that_nobody_reads_is_a_mistake(tmp_path: Path) -> None:
    folder = write(tmp_path, tenants__acme__polices=POLICIES)
    (folder / "tenants/acme/services/mail.yml").write_text(SERVICE)
    assert mistakes(folder) == [
        "tenants/acme/polices.yaml:1:1: no file of this name is read, did you mean policies.yaml?",
        "tenants/acme/services/mail.yml:1:1: is not read, its name must end in .yaml",
    ]


def test_a_demo_stays_on_this_machine(tmp_path: Path) -> None:
    """THREAT_MODEL.md: secrets in files are for a demo on loopback only."""
    assert mistakes(write(tmp_path, tenants__acme__tenant=TENANT + "demo: true\n")) == [
        "tenants/acme/tenant.yaml:4:7: demo must be false where others can reach base_url, its secrets lie open"
    ]


def test_demo_users_outside_a_demo_are_a_mistake(tmp_path: Path) -> None:
    folder = write(tmp_path, **{"tenants__acme__demo-users": "- {user: alice}\n"})
    assert mistakes(folder) == [
        "tenants/acme/demo-users.yaml:1:1: is for a demo tenant only, remove it and use idp user add"
    ]


def test_no_tenant_at_all_is_a_mistake(tmp_path: Path) -> None:
    assert mistakes(write(tmp_path, idp="tenants: customers/*\n")) == [
        "idp.yaml:1:10: tenants: no folder matches customers/*, make tenants/NAME/tenant.yaml"
    ]


def test_what_is_only_dubious_is_a_warning(tmp_path: Path) -> None:
    rules = "- {name: nobody, then: deny}\n- {name: staff, then: {require: [matrix]}}\n"
    closed = "service: mail\ndisplay_name: {en: Mail}\n"
    folder = write(tmp_path, tenants__acme__policies=rules, tenants__acme__services__mail=closed)
    assert warnings(folder) == [
        "tenants/acme/policies.yaml:2:3: rule staff is never reached, one before it matches everyone",
        "tenants/acme/services/mail.yaml:1:1: nobody can enter this service, add a section oidc",
    ]


def test_a_warning_about_a_setting_stands_where_the_setting_does(tmp_path: Path) -> None:
    secret = "  client_secret: {env: HOME}\n  pkce: optional\n"
    service = SERVICE.replace("  token_endpoint_auth_method: none\n", secret)
    (warned,) = warnings(write(tmp_path, tenants__acme__services__wiki=service))
    assert warned.startswith("tenants/acme/services/wiki.yaml:6:3: pkce is optional")


def test_a_section_of_a_closed_door_is_not_read(tmp_path: Path) -> None:
    folder = write(
        tmp_path, idp="doors: []\n", tenants__acme__services__wiki=SERVICE.replace("client_id", "nonsense")
    )
    assert warnings(folder) == [
        "tenants/acme/services/wiki.yaml:3:1: oidc is not read, the door is closed: add it to doors in idp.yaml",
    ]


def test_a_tenant_without_rules_lets_nobody_in_and_says_so(tmp_path: Path) -> None:
    assert warnings(write(tmp_path, tenants__acme__policies="")) == [
        "tenants/acme/policies.yaml:1:1: there is no rule, so nobody gets in: write the first"
    ]
