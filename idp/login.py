"""The login: the one state machine behind every browser and every NAS."""

from __future__ import annotations

from idp import session
from idp.authenticators import Unreachable
from idp.credentials import enrolling, proofs
from idp.credentials.enrolment import TAKEN
from idp.flow import conclusion, discovery, duty, guess, proving, ways
from idp.flow import interaction as interactions
from idp.flow.gathering import gather
from idp.flow.guess import Wrong
from idp.flow.taken import Over
from idp.flow.wish import NO_WISH, Typed, Wish
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject, Resume
from idp.policy import Attempt, Deny, decide
from idp.tracing import traced
from idp.visit import Visit
from keys.secret import Secret
from storage.quick import replace
from storage.records import Interaction, User

__all__ = ["NO_WISH", "Login", "Wish"]


def _about(_: Login, visit: Visit, attempt: Attempt, *__: object) -> dict[str, str]:
    return {"masugata.tenant": visit.tenant.name, "masugata.service": attempt.service}


class Login:
    """Begins a login and takes its answers. No step routes to another: each returns here."""

    @traced("Login.begin", _about)
    async def begin(self, visit: Visit, attempt: Attempt, resume: Resume, wish: Wish = NO_WISH) -> Outcome:
        """Accept the browser's session if it suffices, else open an interaction and ask for what is missing.

        With `wish.passive` a Challenge is not stored and cannot be answered: it only says that one would come.
        """
        held = await session.find(visit)
        user = await visit.user(held.user_id) if held else None
        if held is None or user is None or wish.fresh:
            return await self._open(visit, attempt, resume, wish, user)
        attempt = replace(attempt, user=user)
        attempt = await gather(visit, attempt, held.proofs, count=not wish.counted)
        decision = decide(visit.tenant.policy, attempt)
        verdict = decision.verdict
        if isinstance(verdict, Deny):
            return await conclusion.deny(visit, decision, attempt)
        authentication = conclusion.authenticated(visit, user, held, verdict)
        if wish.max_age is not None and visit.now - authentication.auth_time > wish.max_age:
            return await self._open(visit, attempt, resume, wish, user)
        missing = await ways.pick(visit, user, ways.lacking(visit.tenant, verdict, held.proofs, visit.now))
        if wish.thorough:
            missing = tuple(dict.fromkeys((*missing, *await proofs.lacking(visit, user, held, wish.max_age))))
        if missing:
            chain = await enrolling.behind(visit, user, held.proofs, missing)
            begun = interactions.built_on(visit, attempt, resume, held, user, chain, verdict.rule)
            return await self._first(visit, begun, wish, user)
        await session.touch(visit, held, authentication.expires_at)
        return Accept(authentication, resume)

    @traced("Login.show")
    async def show(
        self, visit: Visit, interaction_id: str, *, restart: bool = False, other: str = ""
    ) -> Challenge | Reject:
        """Ask the open question again, with a fresh prompt; `restart` goes back to the user name, `other` names another
        way: an authenticator that may be answered instead, else a recovery code where one may.
        """
        interaction = await interactions.claim(visit, interaction_id)
        if isinstance(interaction, Reject):
            return interaction
        if restart:
            nobody = replace(interaction, username=None, user_id=None, chain=(), rule="")
            interaction = replace(nobody, proofs=())
        user = await visit.user(interaction.user_id)
        if other:
            interaction = await ways.turn(visit, interaction, user, other)
        return await interactions.ask(visit, interaction, user)

    @traced("Login.answer")
    async def answer(self, visit: Visit, interaction_id: str, step: str, typed: Typed) -> Outcome:
        """Take the answer to the open question, then ask the next or conclude.

        An empty answer, and one to a question that is no longer open, is not evaluated and costs no guess.
        Raises `Busy` with nothing counted.
        """
        interaction = await interactions.claim(visit, interaction_id)
        if isinstance(interaction, Reject):
            return interaction
        if step == interaction.step and (found := discovery.given(interaction, typed)):
            owner, looked_at = await discovery.prove(visit, interaction, found)
            return await self._take(visit, interaction, owner, looked_at)
        answer = typed if isinstance(typed, Secret) else typed(interactions.question(interaction))
        is_open = step == interaction.step and bool(answer)
        if is_open and not interaction.chain:
            return await self._identify(visit, interaction, answer)
        user = await visit.user(interaction.user_id)
        if not is_open or interactions.is_prompt_over(interaction, visit.now):
            return await interactions.ask(visit, interaction, user, stale=True)
        if interaction.chain[0] in duty.QUESTIONS:
            return await self._fulfil(visit, interaction, user, answer, typed)
        if user is not None and enrolling.is_proposed(interaction):
            return await self._enrol(visit, interaction, user, answer, typed)
        try:
            looked_at = await proving.prove(visit, interaction, user, answer)
        except Unreachable:  # it may be answered once more
            return await interactions.ask(visit, interaction, user, unreachable=True)
        return await self._take(visit, interaction, user, looked_at)

    async def _open(
        self, visit: Visit, attempt: Attempt, resume: Resume, wish: Wish, user: User | None
    ) -> Challenge:
        hint = wish.username or (user.login_name if user else None)
        return await self._first(visit, interactions.new(visit, attempt, resume, hint), wish, None)

    async def _first(self, visit: Visit, begun: Interaction, wish: Wish, user: User | None) -> Challenge:
        return interactions.peek(begun) if wish.passive else await interactions.ask(visit, begun, user)

    async def _identify(self, visit: Visit, interaction: Interaction, name: Secret) -> Outcome:
        """A user name was given."""
        found = await proving.identify(visit, interaction, name.reveal())
        return found if isinstance(found, Reject) else await interactions.ask(visit, *found)

    async def _take(
        self, visit: Visit, interaction: Interaction, user: User | None, outcome: Interaction | Wrong
    ) -> Outcome:
        """An answer was looked at: it proves the user, or it was wrong."""
        if isinstance(outcome, Interaction) and user is not None:
            return await self._advance(visit, outcome, user)
        assert isinstance(outcome, Wrong)
        return await self._refuse(visit, interaction, user, outcome)

    async def _enrol(
        self, visit: Visit, interaction: Interaction, user: User, answer: Secret, typed: Typed
    ) -> Outcome:
        """The first answer of something new: who gives it holds it."""
        outcome = await enrolling.take(visit, interaction, user, answer, typed)
        if isinstance(outcome, Wrong):
            return await self._refuse(visit, interaction, user, outcome)
        if outcome.kept:
            return await self._advance(visit, outcome.interaction, user)
        taken = outcome.refused == TAKEN  # he has one meanwhile: it is asked for
        return await interactions.ask(visit, interaction, user, refused=outcome.refused, stale=taken)

    async def _refuse(
        self, visit: Visit, interaction: Interaction, user: User | None, wrong: Wrong
    ) -> Outcome:
        """The answer was wrong: ask again, or say that the name is locked, or when the next is looked at."""
        spent = wrong.spent
        if spent.left:
            return await interactions.ask(visit, interaction, user, retry=True, last_try=spent.is_last_try)
        locked, service = Reason.LOCKED, interaction.service
        reject = Reject(locked, service, interaction.username, until=spent.until, reference=wrong.reference)
        if not spent.slows or interaction.expires_at <= spent.until:
            return reject
        await interactions.ask(visit, interaction, user)
        return replace(reject, interaction_id=interaction.id)

    async def _advance(self, visit: Visit, interaction: Interaction, user: User) -> Outcome:
        """A proof was right: ask for the next, or decide now that all are given."""
        if interaction.chain:
            return await interactions.ask(visit, interaction, user)
        given = [proof.authenticator for proof in interactions.given(interaction)]
        await guess.forgive(visit, interaction.username or "", user, given)
        interaction = await interactions.standing(visit, interaction, user)
        attempt = await proving.attempt(visit, interaction, user)
        decision = conclusion.decided(visit, interaction, attempt)
        verdict = decision.verdict
        if isinstance(verdict, Deny):
            return await conclusion.deny(visit, decision, attempt)
        missing = await ways.pick(visit, user, ways.lacks(visit, verdict, interaction))
        if missing:  # what he has proven, the rules, his groups or his session changed while he was typing
            asking = replace(interaction, chain=missing, rule=verdict.rule)
            return await interactions.ask(visit, asking, user)
        first = await duty.due(visit, interaction, user, interactions.given(interaction))
        if first is not None:
            return await interactions.ask(visit, first, user)
        return await conclusion.accept(visit, interaction, user, decision, attempt)

    async def _fulfil(
        self, visit: Visit, interaction: Interaction, user: User | None, answer: Secret, typed: Typed
    ) -> Outcome:
        """A step towards a new proof: on proofs of this login, or on a session that still stands."""
        in_login = duty.is_in_login(interaction)
        held = None if in_login else await session.find(visit)
        proven = in_login or (held is not None and held.user_id == interaction.user_id)
        try:
            taken = await duty.take(visit, interaction, user if proven else None, answer, typed)
        except Over:
            return Reject(Reason.EXPIRED, interaction.service)
        if user is None or not taken.kept:
            return await interactions.ask(visit, taken.interaction, user, refused=taken.refused)
        if in_login:
            return await self._advance(visit, taken.interaction, user)
        attempt = Attempt(interaction.door, interaction.service, visit.caller.address, visit.now)
        return await self.begin(visit, attempt, Resume(interaction.door, interaction.request))
