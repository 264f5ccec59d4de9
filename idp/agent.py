"""Which kind of browser it was: two names for people, and nothing that tells one from another of its kind."""

from __future__ import annotations

from typing import Final

# What gives each away, most telling first: nearly all call themselves Chrome and Safari too.
BROWSERS: Final = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox")),
    *(("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari")),
)
SYSTEMS: Final = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS")),
    *(("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux")),
)


def family(user_agent: str) -> str:
    """As people know it: `Firefox, Windows`. Empty for what is no browser that we know."""
    found = (
        next((name for sign, name in names if sign in user_agent), None) for names in (BROWSERS, SYSTEMS)
    )
    return ", ".join(filter(None, found))
