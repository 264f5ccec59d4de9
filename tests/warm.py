"""Imported by the process that servers are forked from: what each of them would compile at its start."""

from __future__ import annotations

import gc

from idp.web.face import built_in

for locale in ("ja", "en"):
    built_in(locale).templates.compile()

# What never changes is not looked through by the collector of each process, and so not copied by it.
gc.freeze()
