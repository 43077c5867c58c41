"""What was acknowledged three times is proposed as an exception, once and for its level."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.judging.advice.building import CALM, WALL
from trayapp.domain.judging.advice.asking import advise
from trayapp.domain.judging.advice.harmless import (
    MOST_EACH,
    MOST_KEYS,
    Acknowledged,
    Harmless,
    find_harmless,
    with_acknowledgement,
)
from trayapp.domain.judging.advice.policy import AdvicePolicy, is_allowed
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.records.levels import Level

DAY = 86_400.0
W, C = Level.WARNING, Level.CRITICAL
Known = dict[str, Acknowledged]


def incident(number: int, key: str = "growth:web", level: Level = W) -> Incident:
    """The incident of a day."""
    return Incident(
        key=key,
        subject="web",
        about="target:web",
        level=level,
        reached_level=level,
        title="web keeps growing",
        body="",
        since_wall_seconds=WALL + number * DAY,
    )


def known(*levels: Level, key: str = "growth:web") -> Known:
    """Incidents that were acknowledged, one a day."""
    found: Known = {}
    for number, level in enumerate(levels):
        found = with_acknowledgement(found, incident(number, key, level), WALL + number * DAY + 60)
    return found


def harmless(acknowledged: Known, **exceptions: Level) -> tuple[Harmless, ...]:
    allowed = {key.replace("_", ":"): level for key, level in exceptions.items()}
    return find_harmless(acknowledged, allowed, WALL + 10 * DAY, 30 * DAY)


def test_three_times_are_enough_and_two_are_not() -> None:
    assert harmless(known(W, W)) == ()
    (found,) = harmless(known(W, W, W))
    assert (found.key, found.about, found.level, found.times) == ("growth:web", "target:web", W, 3)
    assert found.since_wall_seconds == WALL + 60


def test_one_incident_counts_once() -> None:
    acknowledged = known(W, W)
    for _ in range(3):
        acknowledged = with_acknowledgement(acknowledged, incident(1), WALL + 2 * DAY)
    assert harmless(acknowledged) == ()


def test_what_is_too_long_ago_does_not_count() -> None:
    acknowledged = known(W, W, W)
    assert find_harmless(acknowledged, {}, WALL + 31 * DAY, 30 * DAY) == ()


def test_others_do_not_count() -> None:
    acknowledged = known(W, W)
    acknowledged = with_acknowledgement(acknowledged, incident(5, "growth:db"), WALL + 5 * DAY)
    assert harmless(acknowledged) == ()


@pytest.mark.parametrize("key", ["leak:web", "limit:web"])
def test_a_critical_leak_or_limit_is_harmless_only_where_that_was_acknowledged(key: str) -> None:
    (found,) = harmless(known(W, W, W, C, C, key=key))
    assert found.level is W
    (found,) = harmless(known(W, C, C, C, key=key))
    assert found.level is C


@pytest.mark.parametrize("key", ["pressure", "oom:web:1700000000"])
def test_kills_and_the_machines_shortage_never_are(key: str) -> None:
    assert harmless(known(W, W, W, key=key)) == ()


def test_what_is_an_exception_is_not_proposed_again_unless_for_what_is_worse() -> None:
    assert harmless(known(W, W, W), growth_web=W) == ()
    (found,) = harmless(known(C, C, C), growth_web=W)
    assert found.level is C


def test_little_is_remembered() -> None:
    acknowledged = known(*[W] * 20)
    assert len(acknowledged["growth:web"].times) == MOST_EACH
    for number in range(2 * MOST_KEYS):
        acknowledged = with_acknowledgement(acknowledged, incident(0, f"growth:{number}"), WALL)
    assert len(acknowledged) == MOST_KEYS


def test_the_advice_says_how_often_and_what_is_written() -> None:
    machine = replace(CALM, harmless=harmless(known(C, C, C)))
    ((found, _case),) = advise([], machine)
    assert found.id == "exception:growth:web"
    assert found.title == "Make an exception: web keeps growing"
    assert "3 times" in found.evidence and "critical" in found.evidence
    (act,) = found.acts
    assert (act.does, act.entry, act.is_automatic) == ("exception", "critical growth:web", True)
    assert act.undo and found.unless


def test_it_is_never_made_automatically() -> None:
    machine = replace(CALM, harmless=harmless(known(W, W, W)))
    ((found, _case),) = advise([], machine)
    sure = replace(found, confidence=1.0)
    assert not is_allowed(sure, AdvicePolicy(apply="low risk", aggressiveness="aggressive"))
