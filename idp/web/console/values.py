"""What conditions want and what there was, taken apart so that pages say it in their language.

`idp.policy.words` writes it for files, terminals and the audit log, where it is a text: this is the way back. What is
not of one of these forms is data, and stands as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from idp.config.change import DEFAULT, HIDDEN
from idp.config.change import NOTHING as UNSET
from idp.policy.words import DAYS, NOTHING

Value = Mapping[str, Any]  # `kind`, and what it needs
Reader = Callable[[re.Match[str]], Value]


def value(condition: str, text: str) -> Value:
    """What the text beside this condition means; `kind` is one of those of `value.html`."""
    for conditions, pattern, read in FORMS:
        if condition in conditions and (found := pattern.fullmatch(text)):
            return read(found)
    return {"kind": "text", "text": text}


def seen(condition: str, text: str) -> Value:
    """The same of what there was, which may be nothing."""
    return {"kind": "nothing"} if text == NOTHING else value(condition, text)


def setting(text: str) -> Value:
    """What a plan says of a value: that there is none or it is not shown, the default, or what somebody wrote."""
    if text == HIDDEN:
        return {"kind": "hidden"}
    if text == UNSET:
        return {"kind": "nothing"}
    if text.endswith(DEFAULT):
        return {"kind": "default", "text": text.removesuffix(DEFAULT)}
    return {"kind": "text", "text": text}


def _kind(kind: str) -> Reader:
    return lambda found: {"kind": kind, **found.groupdict()}


def _truth(found: re.Match[str]) -> Value:
    return {"kind": "yes" if found[0] == "true" else "no"}


def _proofs(found: re.Match[str]) -> Value:
    """What must have been proven: nothing named is any."""
    names = [] if found["names"] == "any" else found["names"].split(", ")
    return {"kind": "proofs", "names": names, "multi": bool(found["multi"]), "seconds": found["seconds"]}


def _given(found: re.Match[str]) -> Value:
    """What was proven, each with its age."""
    proofs = [part.split()[:2] for part in found[0].split(", ")]
    return {"kind": "given", "proofs": [{"name": name, "age": age} for name, age in proofs]}


def _hours(found: re.Match[str]) -> Value:
    """Times of day, each on its days: these as runs of one or more, such as Mon to Fri."""
    spans = [part.rpartition(" ") for part in re.split(r"(?<=\d), ", found[0])]
    return {"kind": "hours", "spans": [{"runs": _runs(days), "time": time} for days, _, time in spans]}


def _runs(days: str) -> list[tuple[str, str]]:
    runs: list[tuple[str, str]] = []
    for day in filter(None, days.split(",")):
        is_next = runs and DAYS.index(runs[-1][1]) + 1 == DAYS.index(day)
        runs[-1:] = [(runs[-1][0], day)] if is_next else [*runs[-1:], (day, day)]
    return runs


DAY: Final = f"(?:{'|'.join(DAYS)})"
TIME: Final = r"\d\d:\d\d(?:-\d\d:\d\d)?"
SPAN: Final = f"(?:{DAY}(?:,{DAY})* )?{TIME}"
PROOF: Final = r"\S+ \d+ s ago"
DEVICE: Final = ("holiday", "device.certificate", "device.known", "signed in")
FORMS: Final[tuple[tuple[tuple[str, ...], re.Pattern[str], Reader], ...]] = (
    (DEVICE, re.compile("true|false"), _truth),
    (("services",), re.compile(r"(?P<name>\S+), by its name"), _kind("by_name")),
    (("groups",), re.compile("all of (?P<names>.+)"), _kind("all_of")),
    (("groups",), re.compile("none of (?P<names>.+)"), _kind("none_of")),
    (("attributes",), re.compile(r"(?P<name>\S+) absent"), _kind("absent")),
    (("networks", "countries"), re.compile("not (?P<names>.+)"), _kind("not_in")),
    (("countries",), re.compile("unknown"), _kind("unknown")),
    (("hours",), re.compile(f"{SPAN}(?:, {SPAN})*"), _hours),
    (("exposures",), re.compile(r"at least (?P<number>\d+)"), _kind("at_least")),
    (
        ("requests",),
        re.compile(r"more than (?P<number>\d+) per (?P<per>user|address) in (?P<seconds>\d+) s"),
        _kind("requests"),
    ),
    (("proofs",), re.compile(f"{PROOF}(?:, {PROOF})*"), _given),
    (
        ("proofs",),
        re.compile(r"(?P<names>\S+(?:, \S+)*?)(?P<multi> with two factors)?(?: within (?P<seconds>\d+) s)?"),
        _proofs,
    ),
)
