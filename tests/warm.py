"""Imported by the process that servers are forked from: what each of them would compile at its start."""

from __future__ import annotations

from idp.web.face import built_in

for locale in ("ja", "en"):
    built_in(locale).templates.compile()
