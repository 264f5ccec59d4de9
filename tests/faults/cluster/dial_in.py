"""A NAS that asks with a one-time code, repeats itself, and then asks the next server (RFC 5080 §2.2.1)."""

from __future__ import annotations

import asyncio

from tests.faults.cluster.balancer import Balancer
from tests.faults.cluster.ledger import Ledger
from tests.faults.cluster.meter import Meter
from tests.people import Person
from tests.protocols.radius.nas import ACCEPT, NAS, Answer

REPEAT_SECONDS = 1.0
REPEATS = 3  # of one packet at one server, then the next server is asked
SERVERS = 12  # asked one after the other: then the person is told that nobody answers


class DialIn:
    """Asks for one person at a time."""

    def __init__(self, balancer: Balancer, port: int, meter: Meter, ledger: Ledger) -> None:
        self._balancer = balancer
        self._port = port
        self._meter = meter
        self._ledger = ledger
        self._last = ""
        self._doubts = 0  # requests of which nobody can say whether they were heard

    async def once(self, person: Person) -> None:
        """Until a code lets him in; one that is refused although nobody may have used it is noted."""
        assert person.token is not None
        for _ in range(3):
            code, self._doubts = person.token.code(), 0
            for _ in range(SERVERS):
                answer = await self._asked(person.name, code)
                if answer is not None:
                    break
            else:
                self._meter.violations.append("radius: no server answered")
                return
            if answer.code == ACCEPT:
                self._ledger.codes.append((person, code))
                return
            if not self._doubts:
                raise AssertionError(f"a fresh code was refused: {answer}")
            self._ledger.lost_answers += 1  # one that was silent had used it up

    async def _asked(self, name: str, code: str) -> Answer | None:
        self._last = self._balancer.after(self._last)
        loop = asyncio.get_running_loop()
        with NAS(self._port, to=self._last) as nas:
            nas.socket.setblocking(False)
            packet = nas.pap(name, code)
            for _ in range(REPEATS):
                try:
                    async with asyncio.timeout(REPEAT_SECONDS):
                        await loop.sock_sendall(nas.socket, packet)
                        answer = nas.verified(await loop.sock_recv(nas.socket, 4096), packet)
                except TimeoutError:
                    self._doubts += 1
                    self._meter.saw("silence")
                except OSError:  # nobody listens there
                    self._doubts += 1
                    self._meter.saw("refused")
                    return None
                else:
                    self._meter.saw("ok")
                    return answer
        return None
