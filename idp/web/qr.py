"""QR codes as pictures inside a page: SVG without style, so that the strictest policy lets it be drawn."""

from __future__ import annotations

from io import BytesIO

import segno
from markupsafe import Markup

from keys.secret import Secret

QUIET = 4  # light modules around it (ISO/IEC 18004 §9.1)


def qr(text: Secret | str, label: str) -> Markup:
    """The text as an `svg` element, which screen readers call `label`. Raises ValueError for too long a text."""
    drawn = BytesIO()
    segno.make(revealed(text), error="m", micro=False).save(
        drawn,
        kind="svg",
        border=QUIET,
        xmldecl=False,
        svgns=False,
        omitsize=True,
        svgclass="qr",
        light="#fff",
    )
    named = Markup(' role="img" aria-label="{}" ').format(label)
    return Markup(drawn.getvalue().decode().strip().replace(" ", named, 1))  # noqa: S704  segno's own, of modules


def revealed(text: Secret | str) -> str:
    """The text itself, for a page that is for its owner. What fixtures show is no secret."""
    return text.reveal() if isinstance(text, Secret) else text
