"""What grows outside of programs, and how it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.domain.building import HASTY, MIB, frame, target
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Incident, Quiet
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import View
from trayapp.domain.records.levels import Level
from trayapp.domain.records.outside import LargestFile, OutsideSample

Sizes = Callable[[float], dict[str, float]]
SHM = "tmpfs:/dev/shm"
FLAT = {"shared": 500.0, SHM: 300.0, "slab_unreclaimable": 80.0, "page_tables": 20.0}


def watch(
    sizes_mib: Sizes, minutes: int = 60, targets: Callable[[float], float] | None = None
) -> tuple[Monitor, View]:
    """Show a monitor samples that are 15 s apart; `targets`: the size of a target in MiB."""
    rules = (TargetRule(name="app", match="app"),) if targets else ()
    monitor = Monitor(MonitorRules(targets=rules, leaks=HASTY))
    view: View | None = None
    for number in range(minutes * 4 + 1):
        second = number * 15.0
        sizes = {key: round(size * MIB) for key, size in sizes_mib(second).items()}
        largest = {
            key: LargestFile("/dev/shm/cache.bin", sizes[key], "web (pid 7)")  # noqa: S108
            for key in monitor.outside_wanted
        }
        samples = (target("app", targets(second)),) if targets else ()
        seen = replace(
            frame(second, *samples, interval_seconds=15.0),
            outside=OutsideSample(sizes=sizes, largest=largest),
        )
        view = monitor.judge_frame(seen, Quiet()).view
    assert view is not None
    return monitor, view


def incidents(view: View) -> dict[str, Incident]:
    return {each.key: each for each in view.incidents}


def test_files_that_grow_are_told_by_folder_file_and_owner() -> None:
    """Once: the memory that is shared in all grows with them."""
    monitor, view = watch(lambda second: FLAT | {
        SHM: 300 + 1.2 * second / 1, "shared": 500 + 1.2 * second,
    }, minutes=25)  # fmt: skip
    found = incidents(view)
    assert found.keys() == {f"outside:{SHM}"}
    incident = found[f"outside:{SHM}"]
    assert incident.level >= Level.WARNING
    assert SHM.removeprefix("tmpfs:") in incident.title
    assert "MiB/s" in incident.body
    assert "cache.bin" in incident.body
    assert "web (pid 7)" in incident.body
    assert monitor.outside_wanted == (SHM,)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("slab:kmalloc-512", "kmalloc-512"),
        ("slab_unreclaimable", "Kernel objects"),
        ("shared", "Shared memory"),
        ("page_tables", "Page tables"),
        ("sockets", "Network buffers"),
        ("unexplained", "nothing explains"),
    ],
)
def test_each_kind_has_its_words(key: str, said: str) -> None:
    _monitor, view = watch(lambda second: FLAT | {key: 50 + 0.5 * second}, minutes=30)
    found = incidents(view)
    assert found.keys() == {f"outside:{key}"}
    assert said in found[f"outside:{key}"].title


def test_what_stays_or_fills_up_is_not_told() -> None:
    """A database fills its buffers and stops; a build writes files and deletes them."""

    def sizes(second: float) -> dict[str, float]:
        return FLAT | {
            "shared": 500 + min(400.0, second),
            "sockets": 5 + (second % 60) / 4,
            SHM: 300 + 150 * ((second // 60) % 2),
        }

    monitor, view = watch(sizes)
    assert incidents(view) == {}
    assert monitor.outside_wanted == ()


def test_a_large_file_that_is_copied_is_not_told() -> None:
    """It grows fast for minutes, as a leak does, and there is room for it."""
    for minutes in (3, 4, 6, 10):
        _monitor, view = watch(
            lambda second: FLAT | {SHM: 300 + 15 * min(second, 180)}, minutes=minutes
        )
        assert incidents(view) == {}


def test_what_would_fill_memory_soon_is_told_at_once() -> None:
    _monitor, view = watch(lambda second: FLAT | {SHM: 300 + 15 * second}, minutes=5)
    assert incidents(view)[f"outside:{SHM}"].level == Level.CRITICAL


def test_what_grows_with_a_program_is_told_of_that_alone() -> None:
    _monitor, view = watch(
        lambda second: FLAT | {"page_tables": 20 + 0.5 * second},
        minutes=30,
        targets=lambda second: 100 + 3 * second,
    )
    assert not any(key.startswith("outside:") for key in incidents(view))


def test_an_incident_ends_when_the_files_are_deleted() -> None:
    _monitor, view = watch(
        lambda second: FLAT | {SHM: 300 + 1.2 * second if second < 1500 else 10.0}, minutes=50
    )
    assert incidents(view) == {}


def test_the_history_has_a_curve_of_each() -> None:
    monitor = Monitor(MonitorRules())
    sizes = {"shared": 7 * MIB, SHM: 5 * MIB, "slab:kmalloc-8": MIB}
    seen = replace(frame(0.0), outside=OutsideSample(sizes=sizes))
    values = {
        (series.kind, series.name, series.metric): value
        for series, value in monitor.judge_frame(seen, Quiet()).values
    }
    assert values["system", "", "shared_bytes"] == 7 * MIB
    assert values["outside", SHM, "used_bytes"] == 5 * MIB
    assert values["outside", "slab:kmalloc-8", "used_bytes"] == MIB
