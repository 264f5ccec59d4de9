"""Everything that is known of a node as Prometheus reads it: text, or OpenMetrics where it is asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder

from idp.monitoring import table
from idp.monitoring.filed import Certified
from idp.monitoring.meter import SUM, Meter
from idp.monitoring.parts import ORDER, STALLED, Parts
from idp.monitoring.seats import Told
from idp.monitoring.survey import Standing
from idp.monitoring.table import BOUNDS, METRICS

Sample = tuple[tuple[str, ...], float]
Samples = defaultdict[str, dict[tuple[str, ...], float]]  # by name of the metric, then by labels


@dataclass(frozen=True, slots=True)
class Report:
    """What is exposed at once."""

    seats: Sequence[Told]
    standings: Sequence[Standing]
    certificates: Sequence[Certified]  # of the node itself
    parts: Parts
    revision: int
    build: tuple[str, str, str]  # version, Python, storage
    now: int


def expose(report: Report, accept: str) -> tuple[bytes, str]:
    """The text and its content type, as the Accept header wants it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(report))
    encoder, content_type = choose_encoder(accept)
    return encoder(registry), content_type


class _Collector:
    """`prometheus_client.registry.Collector`, of numbers that are there already."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def collect(self) -> Iterator[Metric]:
        meter, samples = Meter(), samples_of(self._report)
        for told in self._report.seats:
            meter.add(told.meter.counts.items(), told.meter.times.items())
        for key, count in meter.counts.items():
            samples[key[0]][key[1:]] = count
        rows: defaultdict[str, dict[tuple[str, ...], list[float]]] = defaultdict(dict)
        for key, row in meter.times.items():
            rows[key[0]][key[1:]] = row
        for metric in METRICS.values():
            match metric.kind:
                case "histogram":
                    yield _histogram(metric, rows[metric.name])
                case "counter":
                    yield _filled(
                        CounterMetricFamily(metric.name, metric.help, labels=metric.labels),
                        samples[metric.name].items(),
                    )
                case "gauge":
                    yield _filled(
                        GaugeMetricFamily(metric.name, metric.help, labels=metric.labels),
                        samples[metric.name].items(),
                    )


def _filled(family: CounterMetricFamily | GaugeMetricFamily, samples: Iterable[Sample]) -> Metric:
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


def _histogram(metric: table.Metric, rows: Mapping[tuple[str, ...], list[float]]) -> Metric:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    bounds = [*map(str, BOUNDS), "+Inf"]
    for labels, row in rows.items():
        family.add_metric(labels, list(zip(bounds, accumulate(row[:SUM]), strict=True)), row[SUM])
    return family


def samples_of(report: Report) -> Samples:
    """The gauges: of the processes that live, of every tenant, of the parts."""
    samples: Samples = defaultdict(dict)
    lives = [(str(told.number), told.live) for told in report.seats if told.live is not None]
    samples[table.WORKERS.name][()] = len(lives)
    for worker, live in lives:
        _of_process(samples, worker, live)
    samples[table.STALLED.name][()] = int(any(live["notices"].get(STALLED) for _, live in lives))
    for standing in report.standings:
        _of_tenant(samples, standing, report.now)
    for certificate in report.certificates:
        samples[table.ENDS.name]["", certificate.purpose] = certificate.ends_at
    for part, state in report.parts.states.items():
        samples[table.PARTS.name][part,] = ORDER.index(state)
    samples[table.REVISION.name][()] = report.revision
    samples[table.BUILD.name][report.build] = 1
    return samples


def _of_process(samples: Samples, worker: str, live: Mapping[str, Any]) -> None:
    samples[table.MEMORY.name][worker,] = live["memory_bytes"]
    samples[table.CPU.name][worker,] = live["cpu_seconds"]
    samples[table.STARTED.name][worker,] = live["begun_at"]
    load = live["load"]
    samples[table.TURNED_AWAY.name][worker,] = load["turned_away"]
    samples[table.UNDER_WAY.name][worker,] = load["under_way"]
    samples[table.ROOM.name][worker,] = load["room"]
    figures = live["storage"]
    if "flushes" in figures:
        samples[table.FLUSHES.name][worker,] = figures["flushes"]
        _add(samples[table.QUEUE.name], (), figures["waiting"])
    if "connections" in figures:
        idle = figures["idle"]
        _add(samples[table.CONNECTIONS.name], ("idle",), idle)
        _add(samples[table.CONNECTIONS.name], ("busy",), figures["connections"] - idle)


def _add(samples: dict[tuple[str, ...], float], labels: tuple[str, ...], value: float) -> None:
    samples[labels] = samples.get(labels, 0) + value


def _of_tenant(samples: Samples, standing: Standing, now: int) -> None:
    name = standing.tenant
    samples[table.SESSIONS.name][name,] = standing.sessions
    samples[table.MAILS.name][name, "waiting"] = standing.mails.waiting
    samples[table.MAILS.name][name, "dead"] = standing.mails.dead
    samples[table.MAIL_AGE.name][name,] = _age(standing.mails.oldest_at, now)
    samples[table.DELIVERIES.name][name,] = standing.deliveries.waiting
    samples[table.DELIVERY_AGE.name][name,] = _age(standing.deliveries.oldest_at, now)
    samples[table.LINKED.name][name,] = standing.linked
    samples[table.UNLINKED.name][name,] = standing.unlinked
    samples[table.LINKING_AGE.name][name,] = _age(standing.unlinked_since or None, now)
    for stream, held in standing.streams.items():
        samples[table.BEHIND.name][name, stream] = held.behind
        samples[table.FAILING.name][name, stream] = held.attempts
    changed = samples[table.KEYS.name]
    for key in standing.keys:  # of several the oldest, which should be looked at first
        labels = (name, key.alg, key.state)
        changed[labels] = min(changed.get(labels, key.changed_at), key.changed_at)
    for certificate in standing.certificates:
        samples[table.ENDS.name][name, certificate.purpose] = certificate.ends_at


def _age(since: int | None, now: int) -> int:
    return max(0, now - since) if since is not None else 0
