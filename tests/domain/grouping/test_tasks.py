"""What a program says of its tasks is a stranger's word: only what can be so is taken."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trayapp.domain.grouping.tasks import (
    MOST_AT_A_TIME,
    NAME_LENGTH,
    SLACK_SECONDS,
    Task,
    kept_of,
    most_telling,
    read_answer,
)
from trayapp.domain.records.series import Event

NOW = 1_780_000_000.0
BEGAN = NOW - 3600.0


def entry(number: object = 1, **changes: object) -> dict[str, object]:
    good = {
        "number": number,
        "name": "nightly report",
        "began_unix_s": NOW - 60,
        "seconds": 12.5,
        "growth_bytes": -4096,
        "failed": None,
    }
    return good | changes


def read(*entries: object, after: int = 0, **rest: object) -> Any:
    told = {"tasks": list(entries), "next": len(entries), "dropped": 0} | rest
    return read_answer(told, after, BEGAN, NOW)


def test_an_honest_answer_is_taken_as_it_is() -> None:
    answer = read(entry(7), entry(8, failed="KeyError"), after=6, next=8, dropped=3)
    assert answer.tasks[0] == Task(7, "nightly report", NOW - 60, 12.5, -4096, None)
    assert answer.tasks[1].failed == "KeyError"
    assert (answer.dropped_count, answer.next, answer.is_full) == (3, 8, False)
    event = answer.tasks[1].as_event("web")
    assert (event.kind, event.subject, event.wall_seconds) == ("task", "web", NOW - 60)
    assert event.data == {
        "task": "nightly report", "seconds": 12.5, "growth_bytes": -4096, "failed": "KeyError",
        "kept_bytes": -4096, "kept_from": "resident", "peak_rss_bytes": None,
        "peak_growth_bytes": None, "before_bytes": None,
    }  # fmt: skip
    assert "failed" not in answer.tasks[0].as_event("web").data


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 0}, {"number": True}, {"number": 1.0}, {"number": "1"}, {"number": 10**400},
        {"name": None}, {"name": 7},
        {"began_unix_s": NOW + 3600}, {"began_unix_s": BEGAN - 3600}, {"began_unix_s": "now"},
        {"began_unix_s": float("nan")}, {"began_unix_s": 10**400}, {"began_unix_s": True},
        {"seconds": -1}, {"seconds": 3600}, {"seconds": float("inf")}, {"seconds": 10**400},
        {"seconds": None},
    ],
)  # fmt: skip
def test_what_cannot_be_so_is_left_out(changes: dict[str, object]) -> None:
    answer = read(entry() | changes, entry(2))
    assert [task.number for task in answer.tasks] == [2]


def test_what_is_kept_is_of_the_heap_where_that_is_known() -> None:
    (one,) = read(entry(heap_growth_bytes=70, peak_rss_bytes=900, peak_growth_bytes=80)).tasks
    data = one.as_event("web").data
    assert (data["kept_bytes"], data["kept_from"], data["growth_bytes"]) == (70, "heap", -4096)
    assert (data["peak_rss_bytes"], data["peak_growth_bytes"]) == (900, 80)
    assert kept_of(one.as_event("web")) == 70
    old = Event(wall_seconds=0.0, kind="task", data={"growth_bytes": 5})
    assert kept_of(old) == 5
    assert kept_of(Event(wall_seconds=0.0, kind="task")) is None
    strange: tuple[object, ...] = (True, "5", 1.5, 10**400, [])
    for odd in strange:
        (one,) = read(entry(heap_growth_bytes=odd, peak_rss_bytes=odd, peak_growth_bytes=odd)).tasks
        assert (one.heap_growth_bytes, one.peak_rss_bytes, one.peak_growth_bytes) == (None,) * 3
    assert most_telling([one._replace(heap_growth_bytes=1), one._replace(growth_bytes=7)], 1)


@pytest.mark.parametrize("growth", [True, "5", 1.5, 10**400, -(2**60), [], None])
def test_a_growth_that_is_none_is_unknown(growth: object) -> None:
    (task,) = read(entry(growth_bytes=growth)).tasks
    assert task.growth_bytes is None


def test_the_same_number_is_taken_once() -> None:
    answer = read(entry(5), entry(5), entry(4), entry(6), entry(2), after=4)
    assert [task.number for task in answer.tasks] == [5, 6]
    assert answer.next == 6


def test_no_more_is_read_than_an_answer_has() -> None:
    answer = read(*(entry(number) for number in range(1, 1000)))
    assert len(answer.tasks) == MOST_AT_A_TIME
    assert answer.is_full


def test_a_program_that_counts_anew_is_seen() -> None:
    assert read(after=500, next=3).next == 3
    # But not by what makes no sense.
    for odd in (-1, None, "3", 2.0, True, 10**400):
        assert read(after=500, next=odd).next == 500


names = st.text(max_size=120) | st.sampled_from(["", "\ud800\x00", "a\u202eb", "n" * 5000])
values = st.sampled_from(
    [None, True, -1, 10**400, 1.5, float("nan"), float("inf"), "5", [], {}, [[None]], {"name": 1}]
)
near = st.floats(BEGAN - 5, NOW + 5) | st.integers(int(BEGAN), int(NOW))
entries = st.fixed_dictionaries(
    {},
    optional={
        "number": st.integers(0, 40) | values,
        "name": names | values,
        "began_unix_s": near | values,
        "seconds": st.floats(-1, 4000) | values,
        "growth_bytes": st.integers(-(2**51), 2**51) | values,
        "failed": names | values,
    },
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    told=st.fixed_dictionaries(
        {},
        optional={
            "tasks": st.lists(entries | values, max_size=8) | values,
            "next": st.integers(-5, 60) | values,
            "dropped": values,
        },
    ),
    after=st.integers(0, 30),
)
def test_whatever_it_says_what_is_taken_can_be_kept(told: dict[str, object], after: int) -> None:
    answer = read_answer(told, after, BEGAN, NOW)
    assert len(answer.tasks) <= MOST_AT_A_TIME
    numbers = [task.number for task in answer.tasks]
    assert numbers == sorted({*numbers})
    assert all(number > after for number in numbers)
    assert answer.next >= max([*numbers, 0])
    assert answer.dropped_count >= 0
    for task in answer.tasks:
        assert 0 < len(task.name) <= NAME_LENGTH
        assert task.name.isprintable()
        assert task.seconds >= 0
        assert task.began_wall_seconds >= BEGAN - SLACK_SECONDS
        assert task.ended_wall_seconds <= NOW + SLACK_SECONDS + 1e-3
        event = task.as_event("web")
        json.dumps(dict(event.data), allow_nan=False)
        event.text.encode()


@given(
    growths=st.lists(st.none() | st.integers(-(10**9), 10**9), max_size=40),
    most=st.integers(0, 10),
)
def test_those_that_grew_most_are_kept_in_order(growths: list[int | None], most: int) -> None:
    tasks = [Task(at, "x", NOW, 1.0, growth, None) for at, growth in enumerate(growths)]
    kept = most_telling(tasks, most)
    assert len(kept) == min(most, len(tasks))
    assert [one.number for one in kept] == sorted(one.number for one in kept)
    least = min((one.growth_bytes or 0 for one in kept), default=0)
    assert all((one.growth_bytes or 0) <= least for one in tasks if one not in kept and kept)
