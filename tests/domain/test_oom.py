"""Kills for lack of memory: noticed once, and no more said than is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.levels import Level
from trayapp.domain.oom import (
    PATIENCE_SECONDS,
    OomCount,
    OomKill,
    OomWatch,
    ended_targets,
)


def count(total: int | None, **by_target: dict[str, int]) -> OomCount:
    return OomCount(total=total, by_target=by_target)


def watching(first: OomCount) -> OomWatch:
    watch = OomWatch()
    assert watch.fold(0.0, first, ()) is None
    return watch


def test_what_was_counted_before_is_no_news() -> None:
    watch = watching(count(7))
    for second in range(1, 60):
        assert watch.fold(float(second), count(7), ["web"]) is None


def test_the_target_that_ended_in_that_window_is_named() -> None:
    watch = watching(count(7))
    assert watch.fold(1.0, None, ["web"]) is None
    kill = watch.fold(2.0, count(8), ())
    assert kill == OomKill(count=1, ended=("web",))
    assert kill.text == (
        "The kernel killed a process for lack of memory; web ended at that moment."
    )
    assert kill.subject == "web"
    assert watch.fold(4.0, count(8), ()) is None


def test_a_big_process_may_take_seconds_to_end() -> None:
    watch = watching(count(7))
    assert watch.fold(2.0, count(8), ()) is None
    assert watch.fold(4.0, count(8), ()) is None
    kill = watch.fold(5.0, None, ["web"])
    assert kill is not None
    assert kill.ended == ("web",)


def test_if_nobody_known_ends_it_is_told_without_a_name() -> None:
    watch = watching(count(7))
    assert watch.fold(2.0, count(10), ()) is None
    kill = watch.fold(2.0 + PATIENCE_SECONDS, None, ())
    assert kill == OomKill(count=3)
    assert kill.text == "The kernel killed 3 processes for lack of memory."
    assert kill.subject == "system"
    assert watch.fold(60.0, count(10), ["web"]) is None


def test_who_ended_long_before_is_not_blamed() -> None:
    watch = watching(count(7))
    watch.fold(1.0, None, ["web"])
    for second in range(2, 21, 2):
        assert watch.fold(float(second), count(7), ()) is None
    assert watch.fold(22.0, count(8), ()) is None
    assert watch.fold(30.0, None, ()) == OomKill(count=1)


def test_after_a_pause_nobody_is_blamed_for_what_happened_meanwhile() -> None:
    watch = watching(count(7))
    watch.fold(10.0, None, ["web"])
    assert watch.fold(3600.0, count(8), ()) is None
    assert watch.fold(3610.0, None, ()) == OomKill(count=1)


def test_a_cgroups_own_counter_says_where_it_was() -> None:
    watch = watching(count(7, web={"/web": 0}, db={"/db": 2}))
    kill = watch.fold(2.0, count(8, web={"/web": 1}, db={"/db": 2}), ["web", "db"])
    assert kill == OomKill(count=1, ended=("db", "web"), counted_in=("web",))
    assert kill.subject == "web"
    assert kill.text == (
        "The kernel killed a process in the cgroup of web for lack of memory; "
        "db and web ended at that moment."
    )


def test_targets_that_share_a_cgroup_count_its_kill_once() -> None:
    watch = watching(count(None, a={"/u": 0}, b={"/u": 0}))
    kill = watch.fold(2.0, count(None, a={"/u": 1}, b={"/u": 1}), ["b"])
    assert kill == OomKill(count=1, ended=("b",), counted_in=("a", "b"))
    assert kill.subject == "b"


def test_a_cgroup_seen_for_the_first_time_has_killed_nobody_lately() -> None:
    watch = watching(count(7))
    assert watch.fold(2.0, count(7, web={"/web": 5}), ["web"]) is None
    assert watch.fold(4.0, count(7, web={"/web": 5, "/new": 9}), ["web"]) is None


def test_counters_that_start_anew_are_no_kill() -> None:
    watch = watching(count(7, web={"/web": 5}))
    assert watch.fold(2.0, count(0, web={"/web": 0}), ["web"]) is None
    assert watch.fold(4.0, count(None), ["web"]) is None
    assert watch.fold(6.0, count(9), ["web"]) is None
    kill = watch.fold(8.0, count(10), ())
    assert kill is not None
    assert kill.count == 1


def test_a_kill_becomes_an_alert_of_the_moment() -> None:
    condition = OomKill(count=1, ended=("web",)).condition()
    assert (condition.key, condition.subject, condition.level) == ("oom:web", "web", Level.CRITICAL)
    assert condition.is_moment
    assert OomKill(count=2, ended=("a", "b")).condition().subject == "system"


def test_who_lost_a_process_is_told_by_who_had_it() -> None:
    members = {"a": [1, 2], "b": [3], "c": []}
    assert ended_targets(members, [3, 2, 9]) == ("a", "b")
    assert ended_targets(members, []) == ()


@given(
    st.lists(
        st.tuples(st.none() | st.integers(0, 3), st.lists(st.sampled_from("abc"), max_size=2)),
        max_size=50,
    )
)
def test_every_kill_is_told_once_and_nothing_is_kept(
    ticks: list[tuple[int | None, list[str]]],
) -> None:
    watch = watching(count(0))
    total = told = 0
    second = 0
    for second, (kills, ended) in enumerate(ticks, 1):
        total += kills or 0
        kill = watch.fold(float(second), None if kills is None else count(total), ended)
        told += kill.count if kill else 0
    last = watch.fold(second + 1.0, count(total), ())
    late = watch.fold(second + 60.0, count(total), ())
    told += sum(kill.count for kill in (last, late) if kill)
    assert told == total
    assert not watch._ends
