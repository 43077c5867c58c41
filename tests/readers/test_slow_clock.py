"""Turns on a slow clock: everyone in time, not all at once, nothing kept of who is gone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.readers.children import FakeClock
from trayapp.readers.slow_clock import SlowClock


def test_everyone_has_a_turn_at_once_and_again_after_the_period() -> None:
    slow_clock = SlowClock[str](30.0)
    assert set(slow_clock.due(["a", "b"], 0.0)) == {"a", "b"}
    assert list(slow_clock.due(["a", "b", "c"], 29.0)) == ["c"]
    assert set(slow_clock.due(["a", "b", "c"], 30.0)) == {"a", "b"}


def test_what_costs_too_much_for_one_tick_is_spread_over_several() -> None:
    clock = FakeClock()
    slow_clock = SlowClock[int](30.0, 0.005, clock)
    done: list[list[int]] = []
    for second in range(31):
        done.append([])
        for each in slow_clock.due(range(10), float(second)):
            done[-1].append(each)
            clock.seconds += 0.002
    assert [len(turns) for turns in done[:5]] == [3, 3, 3, 1, 0]
    # They stay spread: the next round starts with those of the first tick only.
    assert done[30] == done[0]


def test_one_turn_is_taken_however_much_it_costs() -> None:
    clock = FakeClock()
    slow_clock = SlowClock[int](30.0, 0.005, clock)
    seen = []
    for second in range(3):
        for each in slow_clock.due(range(3), float(second)):
            seen.append(each)
            clock.seconds += 1.0
    assert seen == [0, 1, 2]


def test_who_is_new_does_not_keep_others_from_their_turn() -> None:
    clock = FakeClock()
    slow_clock = SlowClock[int](2.0, 0.005, clock)
    seen: list[int] = []
    for second in range(20):
        # Five new ones each second, and room for two turns.
        for each in slow_clock.due([0, *range(100 + 5 * second, 105 + 5 * second)], float(second)):
            seen.append(each)
            clock.seconds += 0.003
    assert seen.count(0) >= 6


def test_who_is_gone_is_forgotten_and_due_at_once_when_back() -> None:
    slow_clock = SlowClock[int](30.0)
    for start in range(0, 100_000, 1000):
        assert len(list(slow_clock.due(range(start, start + 1000), float(start)))) >= 1
    assert list(slow_clock.due([], 0.0)) == []
    assert list(slow_clock.due([1], 1.0)) == [1]


@given(st.lists(st.lists(st.integers(0, 8), unique=True), max_size=40))
def test_nobody_has_two_turns_in_one_period(ticks: list[list[int]]) -> None:
    slow_clock = SlowClock[int](5.0)
    last: dict[int, tuple[int, int]] = {}
    for second, everyone in enumerate(ticks):
        last = {each: turn for each, turn in last.items() if each in everyone}
        for each in slow_clock.due(everyone, float(second)):
            if each in last:
                assert second - last[each][0] >= 5
            last[each] = (second, each)


def test_another_period_holds_at_once_for_who_waits_already() -> None:
    slow_clock = SlowClock[str](600.0)
    assert list(slow_clock.due(["a"], 0.0)) == ["a"]
    slow_clock.set_period(5.0)
    assert list(slow_clock.due(["a"], 4.0)) == []
    assert list(slow_clock.due(["a"], 5.0)) == ["a"]
    slow_clock.set_period(60.0)
    assert list(slow_clock.due(["a"], 10.0)) == ["a"]
    assert list(slow_clock.due(["a"], 69.0)) == []


@given(st.lists(st.tuples(st.lists(st.integers(0, 4), unique=True), st.booleans()), max_size=40))
def test_who_is_read_does_not_depend_on_keeping_the_answer_of_before(
    ticks: list[tuple[list[int], bool]],
) -> None:
    """While nobody is due, the answer of before is given again."""
    still = FakeClock()
    clock, other = SlowClock[int](5.0, 1.0, still), SlowClock[int](5.0, 1.0, still)
    found: dict[int, float] = {}
    for second, (everyone, is_hasty) in enumerate(ticks):
        now = float(second)
        if is_hasty:
            clock.hasten(everyone[:1])
            other.hasten(everyone[:1])
        read: list[int] = []

        def note(each: int, _: float | None, now: float = now, read: list[int] = read) -> float:
            read.append(each)
            return now

        before, found = found, clock.refresh(found, everyone, now, note)
        assert read == list(other.due(everyone, now))
        assert list(found) == everyone
        assert found == {each: now if each in read else before[each] for each in everyone}
