"""The metrics page, read back by the parser of Prometheus' own client."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics import parser

from tests.web.serving import Served, settled
from trayapp.web.metrics import CONTENT_TYPE, MOST_APPLICATIONS, MOST_TARGETS, metrics_text

parse: Callable[[str], Iterable[Any]] = parser.text_string_to_metric_families


def program(name: str, **known: Any) -> dict[str, Any]:
    return {
        "name": name, "pids": [1], "size_bytes": 5, "verdict": "healthy", "level": "normal",
        "restart_count": 0, **known,
    }  # fmt: skip


def status(**known: Any) -> dict[str, Any]:
    return {
        "version": "1", "interval_seconds": 1.0, "sample_count": 3, "system": None, "app": None,
        "targets": [], "applications": [], "incidents": [], **known,
    }  # fmt: skip


def values(text: str, family: str) -> dict[tuple[str, ...], float]:
    """The samples of a family, by their labels' values."""
    found = {one.name: one for one in parse(text)}
    return {tuple(sample.labels.values()): sample.value for sample in found[family].samples}


def test_the_page_of_a_running_memtray_is_read_back(served: Served) -> None:
    told = settled(served)
    answer = served.ask("/metrics")
    assert answer.headers["content-type"] == CONTENT_TYPE
    text = answer.body.decode()
    assert values(text, "memtray_up") == {(): 1.0}
    total = values(text, "memtray_system_memory_total_bytes")
    assert total == {(): told["system"]["total_bytes"]}
    level = values(text, "memtray_system_level")
    assert sum(level.values()) == 1
    assert level[(told["system"]["level"],)] == 1


def test_what_is_judged_is_there() -> None:
    leaking = program(
        "web", verdict="leaking", level="critical", leak_rate_bytes_per_second=7.5,
        seconds_to_limit=60.0, restart_count=2,
    )  # fmt: skip
    incident = {"level": "critical", "acknowledged": True}
    text = metrics_text(status(targets=[leaking], incidents=[incident]), 2)
    assert values(text, "memtray_target_verdict")["web", "leaking"] == 1
    assert values(text, "memtray_target_verdict")["web", "healthy"] == 0
    assert values(text, "memtray_target_level")["web", "critical"] == 1
    assert values(text, "memtray_target_leak_rate_bytes_per_second") == {("web",): 7.5}
    assert values(text, "memtray_target_time_to_limit_seconds") == {("web",): 60.0}
    assert values(text, "memtray_target_restarts") == {("web",): 2}
    assert values(text, "memtray_incidents")["critical", "true"] == 1
    assert values(text, "memtray_viewers") == {(): 2}


def test_unknown_is_left_out_and_never_zero() -> None:
    text = metrics_text(status(targets=[program("web", size_bytes=None)]), 0)
    assert "memtray_target_size_bytes" not in {one.name for one in parse(text)}
    assert values(metrics_text(None, 0), "memtray_up") == {(): 0.0}


def test_the_number_of_series_is_bounded() -> None:
    many = [program(f"p{number}") for number in range(1000)]
    text = metrics_text(status(targets=many, applications=many), 0)
    assert len(values(text, "memtray_target_size_bytes")) == MOST_TARGETS
    assert len(values(text, "memtray_application_size_bytes")) == MOST_APPLICATIONS


@given(name=st.text(max_size=300))
def test_whatever_a_program_is_called_one_line_stays_one(name: str) -> None:
    text = metrics_text(status(targets=[program(name)]), 0)
    (labels,) = values(text, "memtray_target_size_bytes")
    assert len(labels[0]) <= 200


@pytest.mark.parametrize("name", ['a"} 1\nevil 2', "back\\slash", "<b>", "é"])
def test_a_name_comes_back_as_it_was_where_it_can(name: str) -> None:
    (labels,) = values(
        metrics_text(status(targets=[program(name)]), 0), "memtray_target_size_bytes"
    )
    assert labels[0] == name.replace("\n", "\N{REPLACEMENT CHARACTER}")
