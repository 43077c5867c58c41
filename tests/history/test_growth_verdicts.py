"""The line of a verdict: what the applet says, or the detector on what was recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.windows.stores import MIB, START, Curve, write_store
from trayapp.charts.curves import TrendData
from trayapp.charts.selection import Selection
from trayapp.domain.judging.growth_line import Growth, growth_text
from trayapp.domain.records.series import Event
from trayapp.history.growth_verdicts import (
    growths_of_status,
    heap_limits_of_status,
    limits_of_status,
)
from trayapp.history.reader import HistoryReader
from trayapp.windows.trend_reading import read_trends

RATE = 40_000.0
LEAK: dict[str, Curve] = {"leak": lambda at: 100 * MIB + RATE * at, "flat": 50.0 * MIB}


def read(path: Path, live: dict[str, Growth] | None = None, **chosen: object) -> TrendData:
    chosen.setdefault("targets", ("leak", "flat"))
    with HistoryReader(path) as reader:
        return read_trends(reader, Selection(**chosen), live)  # type: ignore[arg-type]


def test_recorded_samples_are_judged_again(tmp_path: Path) -> None:
    store = write_store(tmp_path / "h", LEAK, seconds=7200, step=10)
    (growth,) = read(store).growths.items()
    name, found = growth
    assert (name, found.level) == ("leak", "leaking")
    assert found.bytes_per_second == pytest.approx(RATE, rel=0.05)
    assert START <= found.since < START + 5000


def test_the_past_is_judged_by_the_room_that_there_was_as_it_was_live(tmp_path: Path) -> None:
    """Half an hour of a machine with gigabytes to spare is too short, of a full one it is not."""
    wide = write_store(tmp_path / "wide", LEAK, seconds=1800, step=10)
    assert read(wide).growths["leak"].level == "growing"
    full = {"total_bytes": 1024.0 * MIB, "used_bytes": 700.0 * MIB}
    tight = write_store(tmp_path / "tight", LEAK, seconds=1800, step=10, system=full)
    assert read(tight).growths["leak"].level == "leaking"


def test_a_restart_is_no_growth(tmp_path: Path) -> None:
    """A small run followed by a large one is two runs."""
    two: dict[str, Curve] = {"leak": lambda at: (40.0 if at < 3600 else 900.0) * MIB}
    again = Event(wall_seconds=START + 3600, kind="restart", subject="leak")
    store = write_store(tmp_path / "h", two, seconds=7200, step=10, events=[again])
    assert read(store, targets=("leak",)).growths == {}


def test_the_applet_has_the_word_on_the_present_only(tmp_path: Path) -> None:
    store = write_store(tmp_path / "h", LEAK, seconds=7200, step=10)
    live = {"flat": Growth(level="growing", since=START + 7000, bytes_per_second=1.0)}
    assert read(store, live).growths == live
    assert set(read(store, live, window=(START, START + 5000)).growths) == {"leak"}


def test_what_the_applet_tells_is_read_with_care() -> None:
    told = {
        "taken_at": 1000.0,
        "targets": [
            {
                "name": "a", "verdict": "leaking", "leak_since": 400.0,
                "leak_rate_bytes_per_second": 5.0, "leak_seconds_to_limit": 60.0,
            },
            {
                "name": "b", "verdict": "growing", "growing_since": 900.0,
                "slope_bytes_per_second": 7.0, "seconds_to_limit": None,
            },
            {"name": "c", "verdict": "healthy", "slope_bytes_per_second": 7.0},
            {"name": "d", "verdict": "leaking", "leak_since": None},
        ],
    }  # fmt: skip
    assert growths_of_status(told) == {
        "a": Growth(level="leaking", since=400.0, bytes_per_second=5.0, until=1060.0),
        "b": Growth(level="growing", since=900.0, bytes_per_second=7.0),
    }
    assert growths_of_status({"taken_at": None, "targets": None}) == {}


def test_who_is_over_its_limit_is_said_to_be_and_has_no_time_left() -> None:
    """Also where the detector still names a time that it found before."""
    told = {
        "name": "a", "verdict": "leaking", "leak_since": 400.0, "leak_seconds_to_limit": 6.0,
        "leak_rate_bytes_per_second": 2.0 * MIB, "seconds_to_limit": 0.0,
        "nearest_limit_source": "settings",
    }  # fmt: skip
    growth = growths_of_status({"taken_at": 1000.0, "targets": [told]})["a"]
    assert growth_text(growth, 1000.0) == "leaking, +2.00 MiB/s, over its limit"
    growing = {**told, "verdict": "growing"}
    growth = growths_of_status({"taken_at": 1000.0, "targets": [growing]})["a"]
    assert growth_text(growth, 1000.0) == "growing, +2.00 MiB/s, over its limit"


def test_a_time_that_has_passed_is_not_named() -> None:
    growth = Growth(
        level="growing", since=0.0, bytes_per_second=MIB, until=60.0, limit_source="settings"
    )
    assert growth_text(growth, 50.0) == "growing, +1.00 MiB/s, its limit in 10 s"
    assert growth_text(growth, 60.0) == "growing, +1.00 MiB/s"


def test_a_chart_has_the_limits_that_a_size_can_be_compared_with() -> None:
    told = [
        {"name": "a", "limit_bytes": 9, "limit_source": "rlimit", "size_limit_bytes": None},
        {"name": "b", "limit_bytes": 9, "limit_source": "rlimit", "size_limit_bytes": 7},
        {"name": "c", "limit_bytes": 9, "limit_source": "machine"},
    ]
    assert limits_of_status({"targets": told}) == {"b": 7.0}
    assert limits_of_status({}) == {}


HEAP_LEAK: dict[str, Curve] = {"java": 300.0 * MIB}


def test_a_heap_that_filled_is_growth_of_the_heap(tmp_path: Path) -> None:
    """Its process stood still; whether what filled it was garbage nobody knows any more."""
    heap: dict[str, Curve] = {"java": lambda at: 20 * MIB + RATE * at}
    store = write_store(tmp_path / "h", HEAP_LEAK, seconds=7200, step=10, heaps=heap)
    data = read(store, targets=("java",))
    (curve,) = data.heaps
    assert (curve.name, curve.slot) == ("java: heap after collection", data.targets[0].slot)
    growth = data.growths["java"]
    assert (growth.level, growth.is_of_heap) == ("growing", True)
    assert growth.bytes_per_second == pytest.approx(RATE, rel=0.05)


def test_a_stack_has_no_heaps(tmp_path: Path) -> None:
    """They are part of the sizes: it would count them twice."""
    store = write_store(tmp_path / "h", HEAP_LEAK, heaps={"java": 20.0 * MIB})
    assert read(store, targets=("java",), stacked=True).heaps == ()
    assert read(store, targets=("java",), metric="swap").heaps == ()
    assert len(read(store, targets=("java",)).heaps) == 1


def test_what_the_applet_tells_of_a_heap() -> None:
    told = {
        "taken_at": 1000.0,
        "targets": [
            {
                "name": "java", "verdict": "leaking", "leak_since": 400.0,
                "leak_rate_bytes_per_second": 5.0, "seconds_to_limit": 60.0,
                "nearest_limit_source": "runtime", "leak_signal": "heap after collection",
                "heap": {"limit_bytes": 256 * MIB},
            },
            {"name": "node", "heap": {"limit_bytes": None}},
            {"name": "other", "heap": None},
        ],
    }  # fmt: skip
    assert heap_limits_of_status(told) == {"java": 256 * MIB}
    growth = growths_of_status(told)["java"]
    assert (growth.is_of_heap, growth.limit_source, growth.until) == (True, "runtime", 1060.0)
