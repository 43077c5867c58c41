"""What comes of advice: expected savings, looks later, regret, and what is not said again."""

from __future__ import annotations

import pytest

from tests.domain.building import MIB
from tests.domain.judging.advice.building import CALM, WALL, advice, case
from trayapp.domain.judging.advice.book import NEVER, AdviceBook
from trayapp.domain.judging.advice.case import Machine
from trayapp.domain.judging.advice.deeds import STAGES, Deed, Look, deed_of
from trayapp.domain.judging.advice.savings import Measured, saving_of
from trayapp.domain.records.samples import ProcessKey

HOUR, DAY = 3600.0, 86_400.0
KEYS = frozenset({ProcessKey(100, 5)})


def measured(share: float, about: str = "target:web", kind: str = "trim") -> Measured:
    return Measured(kind, about, 100 * MIB, round(share * 100 * MIB))


def done(saved_mib: float = 200.0, **changes: object) -> Deed:
    deed = deed_of(advice(), "free", WALL, Look(400 * MIB, KEYS))
    deed.saved_bytes = round(saved_mib * MIB)
    for name, value in changes.items():
        setattr(deed, name, value)
    return deed


def look(size_mib: float | None, keys: frozenset[ProcessKey] = KEYS) -> Look:
    return Look(None if size_mib is None else round(size_mib * MIB), keys)


def at(passed: float) -> Machine:
    return Machine(CALM.system, WALL + passed)


def test_a_saving_is_never_made_up() -> None:
    assert saving_of(advice(kind="unheard of"), []) is None
    assert saving_of(advice(offered_bytes=0), [measured(1.0)] * 5) is None


def test_where_nobody_has_measured_here_the_recorded_programs_count() -> None:
    recorded = saving_of(advice(), [])
    assert recorded is not None
    assert recorded.source == "recorded programs"
    assert recorded.samples == 14
    assert 120 * MIB < recorded.low_bytes < 190 * MIB < recorded.high_bytes <= 220 * MIB


def test_what_was_measured_at_this_program_counts_more_than_at_others() -> None:
    others = [measured(0.2, "target:other")] * 4
    own = [measured(0.9), measured(1.0)]
    of_kind = saving_of(advice(), others)
    assert of_kind is not None
    assert of_kind.source == "its kind"
    assert of_kind.low_bytes < 0.2 * 200 * MIB < of_kind.high_bytes
    mine = saving_of(advice(), [*others, *own])
    assert mine is not None
    assert (mine.source, mine.samples) == ("this target", 2)
    assert 120 * MIB < mine.low_bytes < 190 * MIB < mine.high_bytes


def test_no_more_is_promised_than_there_is() -> None:
    greedy = saving_of(advice(kept_bytes=150 * MIB), [measured(3.0)] * 3)
    assert greedy is not None
    assert greedy.high_bytes == 150 * MIB


def test_what_was_saved_is_measured_against_the_trend_before() -> None:
    """Grown by 60 MiB in an hour, as before: all that was freed is still saved."""
    deed = done(rate_bytes_per_second=60 * MIB / HOUR)
    deed.follow_up(WALL + HOUR, look(260))
    assert deed.later["after_1h"] == pytest.approx(200 * MIB, rel=0.01)
    assert deed.held is True


def test_or_against_one_of_its_kind_that_was_left_alone() -> None:
    deed = done(control_about="target:twin", control_bytes=100 * MIB)
    deed.follow_up(WALL + 60, look(250), control_bytes=50 * MIB)
    assert deed.later["after_1min"] == -50 * MIB
    assert deed.held is False


def test_each_look_is_taken_once_and_missed_ones_are_unknown() -> None:
    deed = done()
    assert not deed.is_due(WALL + 30)
    assert deed.follow_up(WALL + 61, look(205))
    assert not deed.follow_up(WALL + 62, look(300))
    assert deed.follow_up(WALL + DAY + 5, look(230))  # Memtray did not run for a day
    assert set(deed.later) == {"after_1min", "after_1day"}
    assert not deed.is_open
    assert "It held." in deed.sentence()


@pytest.mark.parametrize(
    ("passed", "seen", "regret"),
    [
        (60, look(210), ""),
        (600, look(390), "grew back"),
        (60, look(210, frozenset({ProcessKey(7, 7)})), "restarted"),
        (60, look(None), "gone"),
        (60, look(210)._replace(seconds_of_a_task=3.1), "slower"),
        (HOUR, look(390), ""),  # later it is its own affair
    ],
)
def test_what_is_to_be_regretted(passed: float, seen: Look, regret: str) -> None:
    deed = done(task_seconds=1.0)
    deed.follow_up(WALL + passed, seen)
    assert deed.regret == regret


def test_a_restart_that_was_wanted_is_nothing_to_regret_but_the_next_is() -> None:
    deed = deed_of(advice(kind="restart"), "restart", WALL, Look(400 * MIB, KEYS))
    deed.saved_bytes = 300 * MIB
    fresh, another = frozenset({ProcessKey(7, 7)}), frozenset({ProcessKey(8, 8)})
    deed.follow_up(WALL + 60, look(100, fresh))
    assert (deed.regret, deed.held) == ("", True)
    deed.follow_up(WALL + 600, look(100, another))
    assert (deed.regret, deed.held) == ("restarted", False)


def test_what_does_not_hold_is_not_proposed_again_soon_and_each_time_later() -> None:
    book, now, waits = AdviceBook(), 0.0, []
    for _ in range(3):
        assert book.update([(advice(), case())], at(now))
        deed = done(wall_seconds=WALL + now)
        book.note(deed)
        assert book.advice == ()
        book.follow_up(WALL + now + 601, lambda _about: look(395))
        waits.append(book.silent_until[deed.id] - (WALL + now + 601))
        now += 601 + waits[-1] + 1
    assert waits == [2 * HOUR, 4 * HOUR, 8 * HOUR]


def test_what_held_moves_up_and_what_did_not_moves_down() -> None:
    priorities = []
    for size in (205, 395):
        book = AdviceBook()
        book.note(done())
        book.follow_up(WALL + 601, lambda _about, size=size: look(size))  # type: ignore[misc]
        book.silent_until.clear()
        book.update([(advice(), case())], at(700))
        priorities.append((book.advice[0].priority, book.advice[0].confidence > 0.8))
    assert priorities == [("high", True), ("low", False)]


def test_not_now_is_a_day_then_two_and_never_is_never() -> None:
    book = AdviceBook()
    book.dismiss("trim:target:web", WALL)
    assert not book.update([(advice(), case())], at(DAY - 1))
    assert book.update([(advice(), case())], at(DAY + 1))
    book.dismiss("trim:target:web", WALL + DAY)
    assert not book.update([(advice(), case())], at(3 * DAY - 1))
    book.dismiss("trim:target:web", WALL, for_good=True)
    assert book.silent_until["trim:target:web"] == NEVER
    assert not book.update([(advice(), case())], at(1000 * DAY))


def test_only_new_advice_is_news() -> None:
    book = AdviceBook()
    assert len(book.update([(advice(), case())], at(0))) == 1
    assert book.update([(advice(), case())], at(10)) == ()
    assert book.update([], at(20)) == ()
    assert len(book.update([(advice(), case())], at(30))) == 1


def test_advice_is_found_by_a_part_of_its_identity() -> None:
    book = AdviceBook()
    book.update([(advice(), None), (advice("target:other"), None)], at(0))
    assert [each.about for each in book.find("other")] == ["target:other"]
    assert len(book.find("trim")) == 2
    assert book.find("") == []


def test_the_stages_are_in_order() -> None:
    assert [seconds for _stage, seconds in STAGES] == [60, 600, HOUR, DAY]
