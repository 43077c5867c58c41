"""How large a set of processes is, from what is known of each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.building import MIB, frame, target
from trayapp.cli.status_text import status_lines
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import Controls
from trayapp.domain.records.frames import TargetSample, size_of_sample
from trayapp.domain.records.samples import MemoryReading, Particulars, ProcessKey
from trayapp.domain.records.sizes import (
    Part,
    Proportion,
    Size,
    SizeKind,
    size_label,
    size_of,
    size_said,
)
from trayapp.domain.showing.status import status
from trayapp.domain.showing.table_status import detail_status


def reading(rss: float, anon: float | None = None) -> MemoryReading:
    """Make a reading from MiB."""
    return MemoryReading(round(rss * MIB), None if anon is None else round(anon * MIB))


def read_at(rss: float, anon: float, pss: float, shared_pss: float | None = None) -> Proportion:
    """Make a slow reading from MiB."""
    shared_bytes = None if shared_pss is None else round(shared_pss * MIB)
    return Proportion(round(pss * MIB), reading(rss, anon), shared_pss_bytes=shared_bytes)


FORK = read_at(110, 100, 22, 2)


@pytest.mark.parametrize(
    ("parts", "orphaned", "expected", "kind"),
    [
        # Nothing else is told than the resident set.
        ([Part(reading(100))], 0, 100, "resident"),
        ([Part(reading(100)), Part(reading(50))], 0, 150, "resident"),
        ([Part(reading(100, 40))], 0, 100, "resident"),
        # What is shared counts once, the largest part of it.
        ([Part(reading(100, 40)), Part(reading(90, 10))], 0, 40 + 10 + 80, "anonymous"),
        ([Part(reading(100), uss_bytes=40 * MIB), Part(reading(90), uss_bytes=10 * MIB)],
         0, 130, "anonymous"),
        # Private bytes on Windows may be more than the resident set.
        ([Part(reading(10, 40)), Part(reading(90, 10))], 0, 10 + 10 + 80, "anonymous"),
        # A parent and four forks.
        ([Part(reading(110, 100), FORK)] * 5, 0, 110, "proportional"),
        # One of them has written 30 MiB since.
        ([*[Part(reading(110, 100), FORK)] * 4, Part(reading(140, 130), FORK)],
         0, 140, "estimated"),
        # Shared memory is shared by as many as before.
        ([Part(reading(400, 100), read_at(310, 100, 170, 70))], 0, 170 + 30, "estimated"),
        ([Part(reading(200, 100), read_at(310, 100, 170, 70))], 0, 170 - 36.67, "estimated"),
        # Another has come: what it came with may be the others'.
        ([*[Part(reading(110, 100), FORK)] * 5, Part(reading(115, 105), None, reading(110, 100))],
         0, 115, "estimated"),
        # What could not be read shares as much as the rest.
        ([Part(reading(110, 100), FORK), Part(reading(110, 100))], 0, 44, "estimated"),
        # What the ended shared with those who are left is still there.
        ([Part(reading(110, 100), FORK)], 80 * MIB, 102, "estimated"),
        # It has given back nearly everything.
        ([Part(reading(5, 1), FORK)], 0, 0, "estimated"),
    ],
)  # fmt: skip
def test_what_is_shared_counts_once(
    parts: list[Part], orphaned: int, expected: float, kind: SizeKind
) -> None:
    size = size_of(parts, orphaned)
    assert size is not None
    assert size.size_bytes / MIB == pytest.approx(expected, abs=0.01)
    assert size.kind == kind


def test_nothing_has_no_size() -> None:
    assert size_of([]) is None
    assert size_of_sample(TargetSample(name="app")) is None


def test_a_sum_of_resident_sets_is_called_one() -> None:
    assert size_label(100 * MIB, "resident", 1) == "100 MiB RSS"
    assert size_label(552 * MIB, "resident", 5) == "552 MiB RSS (total)"
    assert size_label(110 * MIB, "proportional", 5) == "110 MiB PSS"
    assert size_label(110 * MIB, "estimated", 5) == "≈110 MiB PSS"
    assert size_label(110 * MIB, "anonymous", 5) == "≈110 MiB"
    assert size_label(None, "resident") == "–"
    assert size_said(110 * MIB, "estimated") == "about 110 MiB"
    assert size_said(110 * MIB, "resident", 2) == "110 MiB resident (total)"


def test_level_share_and_status_go_by_the_size() -> None:
    """Five times 110 MiB resident, 110 MiB in all, of 300: no incident."""
    rule = TargetRule(name="app", match="app", limit_bytes=300 * MIB)
    monitor = Monitor(MonitorRules(targets=(rule,)))
    sample = replace(target("app", *[110.0] * 5), size=Size(110 * MIB, "proportional"))
    for second in range(60):
        view = monitor.judge_frame(frame(second, sample), Quiet()).view
    assert view.incidents == ()
    told = status(view, Controls())["targets"]
    assert isinstance(told, list)
    assert told[0]["size_bytes"] == told[0]["peak_bytes"] == 110 * MIB
    assert told[0]["size_kind"] == "proportional"
    assert told[0]["rss_bytes"] == 550 * MIB
    assert told[0]["limit_share"] == pytest.approx(110 / 300)


def test_what_else_is_known_of_a_target_is_told_and_kept() -> None:
    """Virtual size, committed memory, the kernel's own peak, CPU; and why a figure is old."""
    rule = TargetRule(name="app", match="app")
    particulars = Particulars.total(
        [Particulars(2048 * MIB, 300 * MIB, 120 * MIB, 12.5), Particulars(MIB, MIB, MIB, 0.5)]
    )
    sample = replace(
        target("app", 100, 1), particulars=particulars, uss_reason="read 5 min ago: it takes long"
    )
    outcome = Monitor(MonitorRules(targets=(rule,))).judge_frame(frame(0, sample), Quiet())
    kept = {series.metric: value for series, value in outcome.values if series.name == "app"}
    told = status(outcome.view, Controls())
    assert isinstance(told["targets"], list)
    for figures in (kept, told["targets"][0], detail_status(outcome.view, "target", "app")):
        assert figures["virtual_bytes"] == 2049 * MIB
        assert figures["committed_bytes"] == 301 * MIB
        assert figures["kernel_peak_bytes"] == 121 * MIB
        assert figures["cpu_percent"] == 13.0
    assert told["targets"][0]["uss_reason"] == "read 5 min ago: it takes long"
    assert any(
        "virtual 2.00 GiB, committed 301 MiB, kernel peak 121 MiB, CPU 13.0%" in line
        for line in status_lines(told)
    )
    assert Particulars.total([Particulars(1, 2, 3, 4.0), None]) == Particulars()
    assert Particulars.total([]) == Particulars()


def test_shared_memory_of_its_own_is_growth_and_what_others_map_is_none() -> None:
    rule = TargetRule(name="app", match="app")
    monitor = Monitor(MonitorRules(targets=(rule,), tells_growth_early=True))
    key = ProcessKey(7, 7)
    for second in range(60):
        shared = 3 * second * MIB
        own = MemoryReading(500 * MIB + shared, 100 * MIB, own_shared_bytes=shared)
        sample = TargetSample(name="app", readings=((key, own),))
        view = monitor.judge_frame(frame(second, sample), Quiet()).view
    assert view.targets[0].slope_bytes_per_second == pytest.approx(3 * MIB)
    assert [incident.key for incident in view.incidents] == ["growth:app"]
    monitor = Monitor(MonitorRules(targets=(rule,), tells_growth_early=True))
    for second in range(60):
        others = MemoryReading(500 * MIB + 3 * second * MIB, 100 * MIB)
        sample = TargetSample(name="app", readings=((key, others),))
        view = monitor.judge_frame(frame(second, sample), Quiet()).view
    assert view.targets[0].slope_bytes_per_second == 0
    assert view.incidents == ()
