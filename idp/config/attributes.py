"""Mistakes in the names of attributes, wherever a door or a person of the demo uses one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from idp.attribute_types import Own, is_known, names, read
from idp.config.document import Document, KeyPath
from idp.config.mistake import Findings, suggest
from idp.config.people import DemoUser
from idp.config.tenant_folder import Entries, TenantFolder


def check_attributes(tenant: TenantFolder, findings: Findings) -> None:
    """A door's section, of the tenant or of a service, tells what it uses by a method `attributes_used`."""
    if tenant.settings is None:  # nobody knows what it declares
        return
    declared = tenant.settings.attributes
    for document, path, name in _used(tenant):
        if not is_known(name, declared):
            words = f"{path[-2]}: there is no attribute {name}, {suggest(name, names(declared))}"
            findings.error(document.position(path), words)
    if tenant.people is not None:
        _check_values(tenant.people, declared, findings)


def _check_values(people: Entries[DemoUser], declared: Mapping[str, Own], findings: Findings) -> None:
    for place, person in people.by_place.items():
        for name, text in person.attributes.items():
            try:
                read(name, text, declared)
            except ValueError as error:
                findings.error(people.document.position((place, "attributes", name)), str(error))


def _used(tenant: TenantFolder) -> Iterator[tuple[Document, KeyPath, str]]:
    """Every attribute that is named, and where."""
    files: list[tuple[Document, Any]] = [(tenant.document, tenant.settings), *tenant.services]
    for document, model in files:
        for door in type(model).model_fields:
            section = getattr(model, door)
            if hasattr(section, "attributes_used"):
                yield from ((document, (door, *path), name) for path, name in section.attributes_used())
