"""What the pages of the console are told; a part of `idp.web.contract`.

An entry: url, at, who, person (known, erased, deleted, typed, nobody), service, door, outcome (accepted, denied, wrong,
locked, refused, or empty), event (as the audit log has it), event_name (what people call it), rule, why (pairs of
condition and what it wants), about (an authenticator, or a reason), reference. An explanation: tried (rule, failed:
condition, seen, wanted), outcome (let in, asked for more, denied), rule, ways. What a condition wants, what was seen,
and what is set somewhere, is a value: its kind, and what `values.py` found in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def pages(required: object) -> Mapping[str, Mapping[str, Any]]:
    """By page; `required` stands where a variable has to be given."""
    return {
        "console/decisions": {
            "action": required,  # takes the filters
            "filters": required,  # user, service, door, outcome, rule, since, until, reference
            "filtered": False,  # whether any of them is set, or was not understood
            "services": required,  # names to choose from
            "doors": required,
            "entries": required,
            "fault": "",  # the filter that was not understood
            "reached": "",  # until when was looked, if there is more behind
            "older_url": "",
            "newest_url": "",
        },
        "console/decision": {
            "entry": required,
            "at": required,  # to the second
            "address": required,
            "agent": required,
            "given": required,  # name and age (seconds, or None) of each proof
            "others": required,  # pairs: what else was written down
            "groups": (),
            "country": "",
            "decided": False,  # by rules
            "revision": 0,  # in force then; 0: the files of each node were
            "current": 0,
            "then": None,  # an explanation
            "today": None,  # another, where it says something else
            "doubtful": False,  # `then` is by another rule than was written down
            "forgotten": False,  # what the rules looked at is not known (any more)
            "unread": False,  # the rules of then are not known
            "person_url": "",
            "explain_url": "",
        },
        **_explain(required),
        **_revisions(required),
    }


def _explain(required: object) -> Mapping[str, Mapping[str, Any]]:
    return {
        "console/explain": {
            "action": required,
            "fields": required,  # user, service, door, address, at, proofs, known, certificate, model
            "services": required,
            "doors": required,
            "explained": None,  # an explanation
            "because": (),  # as of the questions of a login
            "door": "",  # by which it was asked
            "fault": "",  # the field that was not understood
        },
    }


def _revisions(required: object) -> Mapping[str, Mapping[str, Any]]:
    return {
        "console/revisions": {
            "action": required,  # compares two
            "current": required,  # number; 0: the files of each node are in force
            "hash": required,
            "drift": required,  # file, and how it differs (differs, gone, unreadable, new)
            "entries": required,  # number, at, by, why, hash, restores (a number, or 0), changes_url
            "older_url": "",
        },
        "console/changes": {
            "before": required,
            "after": required,
            "unknown": False,  # one of them is not there, or cannot be read
            # sort (of a part, order, file), name, service (of a door), kind (added, changed, removed), tenant, details
            "changes": required,  # details: path, and the values before and after
            "texts": required,  # files with other words and the same meaning
            "revisions_url": required,
        },
    }
