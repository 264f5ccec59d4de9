"""docs/monitoring.md is true: every metric, part and query in it is there, and none is missing."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from idp.config.policies import RuleSettings
from idp.config.probe import ProbeSettings
from idp.config.server import ServerSettings
from idp.config.tracing import Tracing
from idp.monitoring.parts import judge
from idp.monitoring.table import METRICS
from idp.probe.result import LABELS as PROBE_LABELS
from idp.probe.result import METRICS as PROBED

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "monitoring.md").read_text()
ROW = re.compile(r"^\| `(masugata_\w+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)
SUFFIXES = ("_bucket", "_count", "_sum")


def row(name: str) -> str:
    metric = METRICS[name]
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
    return f"| `{metric.name}` | {labels} | {metric.help} |"


def test_the_table_of_metrics_is_that_of_the_code() -> None:
    rows = [match[0] for match in ROW.finditer(GUIDE)]
    assert rows[len(PROBED) :] == [row(name) for name in METRICS]
    labels = ", ".join(f"`{label}`" for label in PROBE_LABELS)
    assert rows[: len(PROBED)] == [f"| `{name}` | {labels} | {words} |" for name, words in PROBED.items()]


def test_the_queries_and_alerts_ask_for_what_there_is() -> None:
    known = {metric.name: set(metric.labels) for metric in METRICS.values()}
    known |= {name: set(PROBE_LABELS) for name in PROBED}
    for name, labels in re.findall(r"\b(masugata_[a-z_]+)(?:\{(.*?)\})?", GUIDE):
        whole = next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name)
        assert name in known or whole in known, name
        asked = set(re.findall(r"(\w+)=~?\"", labels))
        assert asked <= known.get(name, known.get(whole, set())), (name, labels)


def test_every_part_of_health_is_explained() -> None:
    parts = judge(("oidc",), 1, [{"doors": {}, "directories": {"a": "ok"}, "died": [], "notices": {}}], [], 0)
    explained = set(re.findall(r"^\| `([a-z]+)(?: NAME)?` \| \*", GUIDE, re.MULTILINE))
    assert explained == {name.partition(" ")[0] for name in parts.states}


def test_what_is_to_be_copied_can_be_read() -> None:
    for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL):
        read = yaml.safe_load(block)
        if "listen" in read:
            assert ServerSettings.model_validate(read).listen.monitoring == "127.0.0.1:9464"
        elif "probe" in read:
            assert read["probe"].keys() <= ProbeSettings.model_fields.keys()
        elif isinstance(read, list):
            assert all(RuleSettings.model_validate(each) for each in read)
        elif "tracing" in read:
            assert ServerSettings.model_validate(read).tracing == Tracing()
        else:
            assert all(rule["expr"] and rule["alert"] for rule in read["groups"][0]["rules"])
