"""What a rule tells a service provider besides what the service's own settings release."""

from __future__ import annotations

from protocols.saml.attributes import Attribute, added
from protocols.saml.names import BASIC, URI


def test_claims_of_a_rule_are_attributes_of_their_names() -> None:
    claims = {"role": "editor", "clubs": ("go", "chess"), "level": 3, "urn:oid:1.2.3": True, "none": ()}
    assert added(claims) == [
        Attribute("role", BASIC, None, ("editor",)),
        Attribute("clubs", BASIC, None, ("go", "chess")),
        Attribute("level", BASIC, None, ("3",)),
        Attribute("urn:oid:1.2.3", URI, None, ("true",)),
    ]
