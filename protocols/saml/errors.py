"""What goes wrong at this door, and who is told. Words are fixed texts that repeat nothing of a request."""

from __future__ import annotations


class Refused(Exception):
    """Told to the person, on a page of ours: nobody else can be believed to have asked (saml-profiles-2.0 §4.1.4.1).

    `fault` is a word that help desks and guides know it by.
    """

    def __init__(self, fault: str, words: str, service: str = "") -> None:
        super().__init__(f"{fault}: {words}")
        self.fault = fault
        self.words = words
        self.service = service  # the name of the one that seems to have asked; empty if there is none


class SAMLError(Exception):
    """Told to the service, as a status (saml-core-2.0 §3.2.2.2)."""

    def __init__(self, status: str, detail: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.detail = detail  # the second-level code; empty for none
        self.words = words
