"""What is shown at first, and what a person or a second start may ask for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.windows.stores import MIB, START, write_store
from trayapp.charts.selection import Selection
from trayapp.errors import UsageError
from trayapp.history.reader import HistoryReader
from trayapp.windows.selecting import (
    first_selection,
    narrow_selection,
    selection_from_message,
    with_new_targets,
)

KNOWN = ("billing", "web")
ALL = Selection(targets=KNOWN, span_seconds=3600.0)


def first(path: Path) -> Selection:
    with HistoryReader(path) as reader:
        return first_selection(reader)


def test_a_young_history_opens_with_ten_minutes(tmp_path: Path) -> None:
    store = write_store(tmp_path / "h", {"web": 1.0}, seconds=60)
    assert first(store) == Selection(targets=("web",), span_seconds=600.0)


def test_many_targets_open_with_the_largest(tmp_path: Path) -> None:
    store = write_store(
        tmp_path / "h",
        {f"t{number}": number * 1.0 * MIB for number in range(12)},
        seconds=2000,
        step=10,
    )
    chosen = first(store)
    assert set(chosen.targets) == {f"t{number}" for number in range(2, 12)}
    assert chosen.span_seconds == 3600.0


def test_without_targets_memtray_itself_is_shown(tmp_path: Path) -> None:
    assert first(write_store(tmp_path / "h", {}, seconds=60)).app


def test_named_targets_are_shown_alone() -> None:
    chosen = narrow_selection(ALL, KNOWN, targets=["web"])
    assert (chosen.system, chosen.app, chosen.targets) == (False, False, ("web",))
    chosen = narrow_selection(ALL, KNOWN, targets=["system", "memtray"])
    assert (chosen.system, chosen.app, chosen.targets) == (True, True, ())


def test_a_moment_is_shown_in_the_middle() -> None:
    chosen = narrow_selection(ALL, KNOWN, since_seconds=600.0, at_wall_seconds=START)
    assert chosen.window == (START - 300, START + 300)


def test_a_moment_just_now_is_marked_in_the_present() -> None:
    """Half of a chart around it would be empty; and what comes next is seen to come."""
    recent: dict[str, Any] = {
        "since_seconds": 600.0,
        "at_wall_seconds": START - 60,
        "last_wall_seconds": START,
    }
    chosen = narrow_selection(ALL, KNOWN, **recent)
    assert (chosen.window, chosen.span_seconds, chosen.moment) == (None, 600.0, START - 60)
    old = narrow_selection(ALL, KNOWN, **{**recent, "at_wall_seconds": START - 6000})
    assert old.window == (START - 6300, START - 5700)


def test_views_are_chosen_by_name() -> None:
    chosen = narrow_selection(ALL, KNOWN, targets=["web"], metric="uss", stacked=True)
    assert (chosen.metric, chosen.stacked, chosen.runs_of) == ("uss", True, None)
    assert narrow_selection(ALL, KNOWN, targets=["web"], runs_of=True).runs_of == "web"
    with pytest.raises(UsageError, match="one tracked program"):
        narrow_selection(ALL, KNOWN, runs_of=True)


def test_an_unknown_target_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="'biling'; did you mean 'billing'"):
        narrow_selection(ALL, KNOWN, targets=["biling"])
    with pytest.raises(UsageError) as caught:
        narrow_selection(ALL, KNOWN, targets=["a\nb"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"targets": "web"},
        {"targets": [1, None, "nobody"]},
        {"since_seconds": -1, "at_wall_seconds": True},
        {"since_seconds": float("nan"), "at_wall_seconds": float("inf")},
        {"since_seconds": 1e300},
        {"metric": "cpu", "stacked": "yes", "runs_of": True},
    ],
)
def test_senseless_wishes_change_nothing(message: dict[str, object]) -> None:
    assert selection_from_message(ALL, KNOWN, message) == ALL


def test_the_wishes_of_a_second_start() -> None:
    message = {"targets": ["web", "gone"], "since_seconds": 600}
    chosen = selection_from_message(ALL, KNOWN, message)
    assert chosen == Selection(system=False, targets=("web",), span_seconds=600.0)


def test_what_is_tracked_while_all_are_shown_is_added() -> None:
    """An open window showed all but the program that somebody had just chosen to track."""
    more = ("billing", "new", "web")
    assert with_new_targets(ALL, KNOWN, more) == replace(ALL, targets=more)
    one = replace(ALL, targets=("web",))
    assert with_new_targets(one, KNOWN, more) == one
    runs = replace(ALL, targets=KNOWN, runs_of="web")
    assert with_new_targets(runs, KNOWN, more) == runs
    assert with_new_targets(ALL, KNOWN, ("web",)) == ALL, "what is shown stays"
    nothing = Selection(app=True)
    assert with_new_targets(nothing, (), ("web",)).targets == ("web",)
    machine = Selection(app=False)
    assert with_new_targets(machine, (), ("web",)) == machine
