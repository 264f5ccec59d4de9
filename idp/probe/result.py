"""What became of a login on schedule: as a line for people, as JSON, and for a collector of metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

LABELS: Final = ("tenant", "service", "door")
METRICS: Final = {
    "masugata_probe_success": "Whether the login on schedule got in at that door",
    "masugata_probe_duration_seconds": "How long it took, or how long until it broke",
    "masugata_probe_timestamp_seconds": "When it was tried last",
}


@dataclass(frozen=True, slots=True)
class Result:
    """One login; `step` and `why` are empty where it got in."""

    tenant: str
    service: str
    door: str
    at: int  # epoch seconds
    milliseconds: int
    step: str = ""
    why: str = ""

    @property
    def is_ok(self) -> bool:
        return not self.why

    def line(self) -> str:
        """`wiki oidc: ok, 84 ms`, or at which step it broke and why; it steers no terminal."""
        became = f"ok, {self.milliseconds} ms" if self.is_ok else f"broken at {self.step}: {self.why}"
        return "".join(c if c.isprintable() else " " for c in f"{self.service} {self.door}: {became}")

    def record(self) -> dict[str, Any]:
        """For programs."""
        return {"ok": self.is_ok, **asdict(self)}


def exposed(results: Iterable[Result]) -> str:
    """All of them in the text format of Prometheus, for a file that node_exporter collects."""
    told = list(results)
    return "".join(f"{line}\n" for name, words in METRICS.items() for line in _family(name, words, told))


def _family(name: str, words: str, results: Iterable[Result]) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} gauge"
    for each in results:
        value = {
            "masugata_probe_success": int(each.is_ok),
            "masugata_probe_duration_seconds": each.milliseconds / 1000,
            "masugata_probe_timestamp_seconds": each.at,
        }[name]
        # Names of the configuration: small letters, digits, - and _, so that nothing needs to be escaped.
        labels = ",".join(f'{label}="{getattr(each, label)}"' for label in LABELS)
        yield f"{name}{{{labels}}} {value}"
