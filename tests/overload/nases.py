"""Access-Requests at a given rate, whatever becomes of those before: a process of its own.

python -m tests.overload.nases PORT --rate 1000 --seconds 10      prints one JSON object
python -m tests.overload.nases PORT --in-flight 64 --seconds 5    so many on the way: what it can carry
"""

from __future__ import annotations

import argparse
import contextlib
import json
import selectors
import time
from collections.abc import Iterator
from typing import Any

from tests.overload.offer import percentile
from tests.protocols.radius.nas import ACCEPT, NAS

PORTS = 64  # a NAS has 256 identifiers on each
AFTER_SECONDS = 3.0  # an answer may come so late
NAMES = 2000


class Crowd:
    """Sends what was prepared, and hears what is answered."""

    def __init__(self, port: int, count: int) -> None:
        self._several = [NAS(port) for _ in range(PORTS)]
        self._watcher = NAS(port)
        self._selector = selectors.DefaultSelector()
        for place, nas in enumerate((*self._several, self._watcher)):
            nas.socket.setblocking(False)
            self._selector.register(nas.socket, selectors.EVENT_READ, place)
        self.prepared: Iterator[tuple[int, bytes]] = iter(
            [
                (number % PORTS, self._several[number % PORTS].pap(f"nobody{number % NAMES}", "123456"))
                for number in range(count)
            ]
        )
        self._sent: list[dict[int, float]] = [{} for _ in range(PORTS)]
        self.sent = self.answered = self.alive = self.asked = 0
        self.seconds: list[float] = []

    def send(self) -> bool:
        """The next one; False where there is none."""
        place, packet = next(self.prepared, (0, b""))
        if not packet:
            return False
        self._sent[place][packet[1]] = time.perf_counter()
        with contextlib.suppress(BlockingIOError):
            self._several[place].send(packet)
        self.sent += 1
        return True

    def ask(self) -> None:
        """A sign of life."""
        self.asked += 1
        self._watcher.send(self._watcher.request(code=12))

    def hear(self, seconds: float) -> int:
        """Whatever comes within so many seconds; how many of the requests were answered."""
        before = self.answered
        for key, _ in self._selector.select(max(0.0, seconds)):
            while True:
                try:
                    raw = key.fileobj.recv(4096)  # type: ignore[union-attr]
                except BlockingIOError:
                    break
                if key.data == PORTS:
                    self.alive += raw[0] == ACCEPT
                elif (at := self._sent[key.data].pop(raw[1], None)) is not None:
                    self.answered += 1
                    self.seconds.append(time.perf_counter() - at)
        return self.answered - before


def at_rate(crowd: Crowd, rate: float, seconds: float) -> None:
    began = time.perf_counter()
    signs = 0
    while (now := time.perf_counter() - began) < seconds:
        while crowd.sent < now * rate and crowd.send():
            pass
        if now * 5 > signs:
            signs += 1
            crowd.ask()
        crowd.hear(0.001)
    until = time.perf_counter() + AFTER_SECONDS
    while time.perf_counter() < until:
        crowd.hear(0.1)


def in_turns(crowd: Crowd, in_flight: int, seconds: float) -> None:
    until = time.perf_counter() + seconds
    for _ in range(in_flight):
        crowd.send()
    while time.perf_counter() < until:
        for _ in range(crowd.hear(1.0)):
            crowd.send()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("port", type=int)
    parser.add_argument("--rate", type=float, default=1000.0)
    parser.add_argument("--in-flight", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    crowd = Crowd(given.port, int((10_000 if given.in_flight else given.rate) * given.seconds) + 1)
    began = time.perf_counter()
    if given.in_flight:
        in_turns(crowd, given.in_flight, given.seconds)
    else:
        at_rate(crowd, given.rate, given.seconds)
    took = given.seconds if not given.in_flight else time.perf_counter() - began
    said: dict[str, Any] = {
        "offered": crowd.sent / took, "answered": crowd.answered / took,
        "dropped": (crowd.sent - crowd.answered) / took, "signs_asked": crowd.asked, "signs": crowd.alive,
        **{f"p{part}": percentile(crowd.seconds, part) for part in (50, 99)},
    }  # fmt: skip
    print(json.dumps(said))


if __name__ == "__main__":
    main()
