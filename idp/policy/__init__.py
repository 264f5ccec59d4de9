"""Which proofs an attempt needs. Pure: the same attempt always gets the same decision."""

from idp.policy.attempt import Attempt, Given
from idp.policy.decide import asked, behind, decide, possible, settle
from idp.policy.rule import Rule
from idp.policy.rules import Decision, Rules
from idp.policy.verdict import Deny, Require, Verdict

__all__ = [
    "Attempt",
    "Decision",
    "Deny",
    "Given",
    "Require",
    "Rule",
    "Rules",
    "Verdict",
    "asked",
    "behind",
    "decide",
    "possible",
    "settle",
]
