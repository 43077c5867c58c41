"""Whether what a program grew by is touched again: whom to ask, and what the answers say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.judging.leaks.staleness import (
    BETWEEN_CLEARINGS_SECONDS,
    COUNT_AFTER_SECONDS,
    Staleness,
    StalenessPlan,
    Suspect,
)
from trayapp.domain.records.referenced import ReferencedRequest, ReferencedSample
from trayapp.domain.records.samples import ProcessKey
from trayapp.language.units import MIB

KEY = ProcessKey(10, 1)
OTHER = ProcessKey(11, 2)


def suspect(key: ProcessKey = KEY, memory: float = 120, grown: float = 100) -> Suspect:
    return Suspect(key, round(memory * MIB), grown * MIB)


def answer(
    request: ReferencedRequest,
    *,
    memory: float = 120,
    untouched: float = 0,
    cpu_seconds: float = 0.002,
    huge: float = 0,
    failed: bool = False,
) -> ReferencedSample:
    return ReferencedSample(
        key=request.key,
        clears=request.clears,
        memory_bytes=round(memory * MIB),
        untouched_low_bytes=round(untouched * MIB),
        untouched_high_bytes=round(untouched * MIB),
        huge_bytes=round(huge * MIB),
        cpu_seconds=cpu_seconds,
        failed=failed,
    )


def requests(
    plan: StalenessPlan, suspects: list[Suspect], seconds: range, **told: float
) -> Iterator[tuple[float, ReferencedRequest]]:
    """What the plan asks for, second by second, each answered the same."""
    for now in seconds:
        request = plan.request(float(now), suspects)
        if request is not None:
            yield now, request
            plan.fold(float(now), answer(request, **told))  # type: ignore[arg-type]


def round_of(
    plan: StalenessPlan, memory: float, grown: float, untouched: float, begins: int = 0
) -> Staleness:
    """One clearing and its three counts."""
    told = list(
        requests(
            plan,
            [suspect(memory=memory, grown=grown)],
            range(begins, begins + 901),
            memory=memory,
            untouched=untouched,
        )
    )
    assert [request.clears for _, request in told] == [True, False, False, False]
    found = plan.of([KEY], begins + 900.0)
    assert found is not None
    return found


def test_clears_once_and_counts_after_one_five_and_fifteen_minutes() -> None:
    told = list(requests(StalenessPlan(), [suspect()], range(901)))
    assert [(now, request.clears) for now, request in told] == [
        (0, True),
        *((seconds, False) for seconds in COUNT_AFTER_SECONDS),
    ]


def test_clears_the_same_process_at_most_every_ten_minutes() -> None:
    both = [suspect(KEY, grown=50), suspect(OTHER, grown=100)]
    told = list(requests(StalenessPlan(), both, range(0, 7200, 2)))
    for key in (KEY, OTHER):
        clearings = [now for now, request in told if request.clears and request.key == key]
        assert len(clearings) > 6
        assert all(b - a >= BETWEEN_CLEARINGS_SECONDS for a, b in pairwise(clearings))
    # One a tick; who has grown most comes first.
    assert [request.key for _, request in told[:2]] == [OTHER, KEY]


def test_growth_that_pauses_for_a_moment_does_not_allow_another_clearing() -> None:
    plan = StalenessPlan()
    clearings = [
        now
        for begin in range(0, 1200, 20)
        for growing, part in (
            ([suspect()], range(begin, begin + 15)),
            ([], range(begin + 15, begin + 20)),
        )
        for now, request in requests(plan, growing, part)
        if request.clears
    ]
    assert all(b - a >= BETWEEN_CLEARINGS_SECONDS for a, b in pairwise(clearings))


def test_never_asks_when_switched_off_or_when_nothing_grows() -> None:
    assert list(requests(StalenessPlan(enabled=False), [suspect()], range(0, 3000, 5))) == []
    assert list(requests(StalenessPlan(), [], range(0, 3000, 5))) == []
    assert list(requests(StalenessPlan(), [suspect(grown=1)], range(0, 3000, 5))) == []


def test_a_process_too_large_for_the_budget_is_not_asked() -> None:
    assert (
        list(requests(StalenessPlan(), [suspect(memory=5000, grown=2000)], range(0, 900, 5))) == []
    )


def test_what_a_look_costs_here_is_learnt() -> None:
    """A machine ten times as slow: the next process of that size is left alone."""
    plan = StalenessPlan()
    list(requests(plan, [suspect(KEY, 600, 500)], range(301), memory=600, cpu_seconds=0.1))
    later = list(
        requests(plan, [suspect(KEY, 600, 500), suspect(OTHER, 600, 500)], range(301, 3000))
    )
    assert later == []
    small = list(requests(plan, [suspect(OTHER, 60, 50)], range(3000, 3002)))
    assert [request.key for _, request in small] == [OTHER]


def test_a_process_that_cannot_be_asked_is_left_alone_for_an_hour() -> None:
    plan = StalenessPlan()
    asked = []
    for now in range(0, 7200, 5):
        request = plan.request(float(now), [suspect()])
        if request is not None:
            asked.append(now)
            plan.fold(float(now), answer(request, failed=True))
    assert asked == [0, 3600]


def test_what_stops_growing_is_not_asked_any_further() -> None:
    plan = StalenessPlan()
    list(requests(plan, [suspect()], range(61)))
    assert list(requests(plan, [], range(61, 2000))) == []


def test_a_list_that_only_grows_lies_idle() -> None:
    found = round_of(StalenessPlan(), memory=120, grown=100, untouched=117)
    assert found.low_share == pytest.approx(0.97)
    assert found.is_untouched
    assert not found.is_touched


def test_a_cache_that_is_read_is_touched() -> None:
    found = round_of(StalenessPlan(), memory=120, grown=100, untouched=25)
    assert found.is_touched
    assert not found.is_untouched


def test_one_minute_is_too_short_to_call_anything_idle() -> None:
    plan = StalenessPlan()
    list(requests(plan, [suspect()], range(62), untouched=120))
    found = plan.of([KEY], 62.0)
    assert found is not None
    assert found.low_share == 1.0
    assert not found.is_untouched


def test_idle_old_memory_is_not_taken_for_idle_growth() -> None:
    """60 MiB grown on 300 MiB that nobody touches: all of the growth may be in use."""
    found = round_of(StalenessPlan(), memory=360, grown=60, untouched=300)
    assert not found.is_untouched
    assert not found.is_touched


def test_a_second_round_tells_what_lies_idle_of_what_came_since() -> None:
    """A large program: the bounds of one round say nothing, the difference of two does."""
    leaking = StalenessPlan()
    assert not round_of(leaking, memory=400, grown=60, untouched=260).is_untouched
    assert round_of(leaking, memory=700, grown=360, untouched=560, begins=1000).is_untouched

    reading = StalenessPlan()
    round_of(reading, memory=400, grown=60, untouched=200)
    found = round_of(reading, memory=700, grown=360, untouched=230, begins=1000)
    assert found.is_touched


def test_huge_pages_are_no_proof_of_use() -> None:
    plan = StalenessPlan()
    list(requests(plan, [suspect()], range(301), untouched=5, huge=100))
    found = plan.of([KEY], 301.0)
    assert found is not None
    assert not found.is_touched


def test_a_later_round_that_has_just_begun_does_not_take_the_proof_away() -> None:
    plan = StalenessPlan()
    round_of(plan, memory=120, grown=100, untouched=117)
    list(requests(plan, [suspect()], range(1000, 1062), memory=120, untouched=118))
    found = plan.of([KEY], 1062.0)
    assert found is not None
    assert found.is_untouched


def test_a_later_round_that_tells_replaces_one_that_did_not() -> None:
    """Not only after its fifteen minutes: the difference of two rounds tells after five."""
    plan = StalenessPlan()
    assert not round_of(plan, memory=400, grown=60, untouched=260).is_untouched
    list(
        requests(
            plan, [suspect(memory=700, grown=360)], range(1000, 1302), memory=700, untouched=560
        )
    )
    found = plan.of([KEY], 1302.0)
    assert found is not None
    assert found.is_untouched


def test_memory_that_is_used_again_is_news_at_once() -> None:
    plan = StalenessPlan()
    round_of(plan, memory=120, grown=100, untouched=117)
    list(requests(plan, [suspect()], range(1000, 1062), memory=120, untouched=10))
    found = plan.of([KEY], 1062.0)
    assert found is not None
    assert found.is_touched


def test_a_count_is_worth_an_hour() -> None:
    plan = StalenessPlan()
    round_of(plan, memory=120, grown=100, untouched=117)
    assert plan.of([KEY], 900.0 + 3599) is not None
    assert plan.of([KEY], 900.0 + 3601) is None


@given(
    memory=st.floats(1, 1e5),
    grown=st.floats(0, 2e5),
    untouched=st.floats(0, 2e5),
    second=st.floats(0, 2e5),
)
def test_shares_are_shares_whatever_is_told(
    memory: float, grown: float, untouched: float, second: float
) -> None:
    plan = StalenessPlan()
    told = [suspect(memory=min(memory, 900), grown=grown)]
    for begins, idle in ((0, untouched), (2000, second)):
        list(requests(plan, told, range(begins, begins + 901, 30), memory=memory, untouched=idle))
    found = plan.of([KEY], 2900.0)
    if found is not None:
        assert 0 <= found.low_share <= found.high_share <= 1
        assert not (found.is_untouched and found.is_touched)
