"""The schemas of the standard, as OpenSAML's packages of Debian have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lxml import etree

SCHEMAS = (Path("/usr/share/xml/opensaml"), Path("/usr/share/xml/xmltooling"))


class OnThisMachine(etree.Resolver):
    """Schemas name each other by addresses in the world; each lies here by the last part of it."""

    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:
        name = system_url.rpartition("/")[2]
        found = next(folder / name for folder in SCHEMAS if (folder / name).exists())
        return self.resolve_filename(str(found), context)


def schema(*names: str) -> etree.XMLSchema:
    """One that knows the namespaces of all of them."""
    parser = etree.XMLParser()
    parser.resolvers.add(OnThisMachine())
    known = [etree.parse(SCHEMAS[0] / name, parser).getroot().get("targetNamespace") for name in names]
    imports = "".join(
        f'<import namespace="{space}" schemaLocation="{name}"/>'
        for space, name in zip(known, names, strict=True)
    )
    text = f'<schema xmlns="http://www.w3.org/2001/XMLSchema">{imports}</schema>'
    return etree.XMLSchema(etree.fromstring(text, parser))
