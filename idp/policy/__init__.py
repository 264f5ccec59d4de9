"""Which proofs an attempt needs. Pure: the same attempt always gets the same decision."""

from idp.policy.attempt import Attempt
from idp.policy.decide import asked, decide, possible
from idp.policy.rule import Decision, Deny, Require, Rule

__all__ = ["Attempt", "Decision", "Deny", "Require", "Rule", "asked", "decide", "possible"]
