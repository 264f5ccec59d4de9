"""From an Access-Request to what the login says to it, and back: begun, and at once answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from idp.flow import direct
from idp.flow.prompting import prompt_for
from idp.outcome import Reject
from idp.username import canonical
from idp.visit import Visit
from protocols.radius import reply, start, state
from protocols.radius.clients import NAS
from protocols.radius.given import BROWSER_ONLY, UNASKABLE, asks, claimed, parts, wants_browser
from protocols.radius.method import Done, Given, Method, Refused, Say
from protocols.radius.methods import method_of
from protocols.radius.packet import Attribute, Code, Malformed, Packet
from protocols.radius.question import question
from protocols.radius.reply_message import reply_messages
from protocols.radius.state import Kept
from storage.quick import replace
from storage.records import Interaction, User

Reply = tuple[Code, Sequence[Attribute]]


@dataclass(slots=True)
class Bridge:
    """One Access-Request of a NAS, in the transaction of `visit`."""

    visit: Visit
    nas: NAS
    packet: Packet
    details: dict[str, object]  # of the visit's events: here the method is added once it is known
    method: Method = field(init=False)  # by which the packet proves somebody

    async def answer(self) -> Reply:
        """Raises `idp.authenticators.Busy`, with nothing counted; whatever is wrong with the packet is a Reject."""
        try:
            if (method := method_of(self.packet)) is None:  # a State without one is not even looked at
                raise Refused("nothing in the packet proves anybody")
            self.method, self.details["method"] = method, method.name
            kept = await state.resume(self.visit, self.nas, self.packet)
            match method.read(self.packet, self.nas, kept.held if kept else None):
                case Say() as say:  # nothing was answered: whatever was asked or proven before is void
                    return await self._challenge(self._begin(), say)
                case Done() as done:
                    return await self._confirmed(kept, done)
                case Given() as given:
                    return await self._given(kept, given)
        except (Refused, Malformed, reply.MappingError) as error:
            return await self.refuse(str(error))

    def _begin(self) -> Interaction:
        return state.begin(self.visit, self.nas)

    async def _given(self, kept: Kept | None, given: Given) -> Reply:
        """The packet brings an answer: to the question before, or with the user's name to the first one."""
        self.details["method"] = given.method
        if given.method not in self.nas.settings.methods:
            raise Refused(f"{given.method} is not among the methods of this NAS")
        if kept is not None and kept.proven:
            raise Refused("an answer came where a confirmation was due")
        if kept is not None and kept.interaction.username is not None:
            interaction = kept.interaction
            if canonical(given.username) != interaction.username:
                raise Refused("the State was given to another user")
            return await self._prove(given, interaction, await self.visit.user(interaction.user_id))
        found = await direct.identify(self.visit, kept.interaction if kept else self._begin(), given.username)
        if isinstance(found, Reject):
            return self._rejected(found, given)
        interaction, user = found
        if wants_browser(self.visit.tenant, interaction):
            raise Refused(BROWSER_ONLY)
        started = await start.redeem(self.visit, self.nas, interaction, given.answer)
        if started is not None and user is not None:
            return await self._turn(given, started, user)
        if asks(self.nas, given.answer):
            return await self._ask(given, interaction, user)
        return await self._prove(given, await self._shown(interaction, user), user)

    async def _shown(self, interaction: Interaction, user: User | None) -> Interaction:
        """With what its owner was shown on our page before he came here: the newest, once (`web_tokens`)."""
        visit = self.visit
        authenticator = visit.tenant.authenticators[interaction.chain[0]]
        if not authenticator.shows:
            prompt = await authenticator.challenge(visit.tx, user, visit.now)
            return interaction if prompt == interaction.prompt else replace(interaction, prompt=prompt)
        token = await visit.tx.web_tokens.consume(interaction.username or "", authenticator.name, visit.now)
        if token is None:
            raise Refused(f"no {authenticator.name} was shown to this user, or it was used, or is too old")
        return replace(interaction, prompt=token.prompt)

    async def _prove(self, given: Given, interaction: Interaction, user: User | None) -> Reply:
        """Look at the answer, and at the code behind it where one is expected there."""
        wrong: Reject | None = None
        for number, answer in enumerate(parts(self.nas, given.answer, interaction)):
            if number:
                if wrong is not None:
                    # The rest is looked at all the same: else the time would tell that the first part was right.
                    interaction = replace(interaction, chain=interaction.chain[1:])
                interaction = await self._shown(interaction, user)
            outcome = await direct.answer(self.visit, interaction, user, answer)
            if isinstance(outcome, Reject):
                wrong = wrong or outcome
            else:
                interaction = outcome
        if wrong is not None or user is None:
            return self._rejected(wrong, given)
        if interaction.chain:
            return await self._ask(given, interaction, user)
        return await self._turn(given, interaction, user)

    async def _turn(self, given: Given, interaction: Interaction, user: User) -> Reply:
        """Nothing more is asked: has the peer something to say?"""
        turn = self.method.accept(self.packet, self.nas, given)
        if isinstance(turn, Say):
            return await self._challenge(interaction, turn, proven=True)
        return await self._accept(interaction, user, turn, given)

    async def _ask(self, given: Given, interaction: Interaction, user: User | None) -> Reply:
        """The open question, with a fresh prompt."""
        if not self.nas.settings.challenge:
            raise Refused(UNASKABLE)
        visit, name = self.visit, interaction.chain[0]
        authenticator, username = visit.tenant.authenticators[name], interaction.username or ""
        prompt = await prompt_for(visit, authenticator, user, username)
        say = self.method.ask(self.packet, self.nas, given, question(self.nas, name, prompt))
        return await self._challenge(replace(interaction, prompt=prompt), say, name)

    async def _challenge(
        self, interaction: Interaction, say: Say, authenticator: str = "", *, proven: bool = False
    ) -> Reply:
        method = str(self.details["method"])
        kept = await state.keep(self.visit, self.nas, self.packet, interaction, say, method, proven=proven)
        about = {"authenticator": authenticator} if authenticator else {"reason": say.about}
        await self.visit.record(
            "login.challenged", user_id=interaction.user_id, service=self.nas.service,
            door=state.DOOR, username=interaction.username or claimed(self.packet), **about,
        )  # fmt: skip
        return Code.ACCESS_CHALLENGE, (kept, *say.attributes)

    async def _confirmed(self, kept: Kept | None, done: Done) -> Reply:
        """The peer has nothing more to say."""
        user = await self.visit.user(kept.interaction.user_id) if kept and kept.proven else None
        if kept is None or user is None:
            raise Refused("a confirmation came where nothing was proven, or the user is gone")
        self.details["method"] = kept.method
        return await self._accept(kept.interaction, user, done, None)

    async def _accept(self, interaction: Interaction, user: User, done: Done, given: Given | None) -> Reply:
        """Every proof is given: what do the rules say, and what is the NAS told?"""
        concluded = await direct.conclude(self.visit, interaction, user)
        if isinstance(concluded, Reject):
            return self._rejected(concluded, None)
        if isinstance(concluded, Interaction):
            if given is None or wants_browser(self.visit.tenant, concluded):
                raise Refused("the rules changed while the user was typing, and want more")
            return await self._ask(given, concluded, user)
        proven = concluded.authentication
        longest = self.visit.tenant.settings.session.absolute_seconds
        added = reply.added(proven, self.visit.now, longest)
        told = reply.attributes(self.nas, user, proven.rule, added)
        await self.visit.record(
            "login.accepted",
            user_id=user.id,
            service=self.nas.service,
            door=state.DOOR,
            amr=list(proven.amr),
            proofs=[proof.authenticator for proof in proven.proofs],
            **concluded.told,
        )
        return Code.ACCESS_ACCEPT, (*done.attributes, *told)

    def _rejected(self, reject: Reject | None, given: Given | None) -> Reply:
        """The login has said no, and written why. Only a denial, told after the proofs, has words for the user."""
        texts = reject.message if reject and reject.message else {}
        words = next(
            (texts[one] for one in (*self.visit.tenant.settings.locales, *texts) if one in texts), ""
        )
        attributes = self.method.reject(self.packet, self.nas, given)
        return Code.ACCESS_REJECT, (*attributes, *reply_messages([words] if words else []))

    async def refuse(self, reason: str) -> Reply:
        """The packet gets no further."""
        service, username = self.nas.service, claimed(self.packet)
        await self.visit.record(
            "login.refused", user_id=None, service=service, door=state.DOOR, username=username, reason=reason
        )
        method = method_of(self.packet)
        return Code.ACCESS_REJECT, method.reject(self.packet, self.nas, None) if method else ()
