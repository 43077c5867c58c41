"""A heap that is nearly full, which no figure of its program's size tells."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.building import MIB, frame, target
from trayapp.applet.rules import monitor_rules
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Incident, Quiet
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.levels import Level
from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.settings.records import Settings

HEAP = RuntimeHeap(
    runtime="java",
    collector="Serial",
    live_bytes=60 * MIB,
    kept_bytes=None,
    used_bytes=62 * MIB,
    committed_bytes=64 * MIB,
    limit_bytes=64 * MIB,
    metaspace_bytes=9 * MIB,
    collections=9,
    full_collections=0,
)


def last_of(heap: RuntimeHeap) -> tuple[TargetView, tuple[Incident, ...]]:
    """What is known after twenty looks at a program of 100 MiB with this heap."""
    rule = TargetRule(name="shop", match="shop")
    monitor = Monitor(replace(monitor_rules(Settings()), targets=(rule,)))
    for second in range(20):
        sample = replace(target("shop", 100), heaps=(heap,))
        outcome = monitor.judge_frame(frame(second, sample), Quiet())
    return outcome.view.targets[0], outcome.view.incidents


def test_what_a_full_collection_has_left_is_told() -> None:
    _, (incident,) = last_of(HEAP._replace(kept_bytes=58 * MIB, full_collections=1))
    assert (incident.key, incident.level) == ("heap:shop", Level.CRITICAL)
    assert incident.title == "shop: heap nearly full"
    assert incident.body == "Using 58.0 MiB; limit 64.0 MiB (91%), of its heap."


def test_what_may_be_garbage_is_not() -> None:
    _, incidents = last_of(HEAP)
    assert incidents == ()


def test_a_heap_is_no_limit_of_the_size() -> None:
    """A program is larger than its heap: by 100 MiB of 64 it is over nothing."""
    view, _ = last_of(HEAP._replace(kept_bytes=56 * MIB, full_collections=1))
    assert not view.has_own_limit
    assert view.limit_source == "machine"
