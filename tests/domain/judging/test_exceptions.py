"""Exceptions: shown and not reported, up to the level that they are for."""

from __future__ import annotations

import pytest

from trayapp.domain.judging.alerting import AlertPolicy, Condition, Quiet
from trayapp.domain.judging.exceptions import exception_entry, is_excepted, read_exceptions
from trayapp.domain.judging.incidents import IncidentBook
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.lines import incident_label

N, W, C, E = Level.NORMAL, Level.WARNING, Level.CRITICAL, Level.EMERGENCY
WALL = 1_700_000_000.0


class Story:
    """One condition, a second at a time, under exceptions that may change."""

    def __init__(self, *entries: str) -> None:
        self.second = 0
        self.book = IncidentBook(AlertPolicy())
        self.allow(*entries)

    def allow(self, *entries: str) -> None:
        self.book.policy = AlertPolicy(exceptions=read_exceptions(entries))

    def feed(self, level: Level, seconds: int = 10) -> list[str]:
        told = []
        for _ in range(seconds):
            condition = Condition(
                key="growth:web", subject="web", about="target:web", level=level, title="web grows"
            )
            announced = self.book.update(self.second, WALL + self.second, [condition], Quiet())
            told += [f"{each.what} {each.reason}".strip() for each in announced]
            self.second += 1
        return told


def test_an_exception_is_shown_and_held_with_its_reason() -> None:
    story = Story("growth:web")
    assert story.feed(W) == ["held an exception in the settings covers it"]
    (incident,) = story.book.open_incidents()
    assert incident.acknowledged
    assert incident_label(incident) == "web grows, an exception"
    # Channels far away hear nothing either.
    assert not any(message.what == "raised" for message in story.book.messages)


def test_what_is_worse_than_the_exception_is_reported() -> None:
    story = Story("growth:web")
    story.feed(W)
    assert story.feed(C) == ["raised"]
    (incident,) = story.book.open_incidents()
    assert not incident.acknowledged
    assert Story("critical growth:web").feed(C)[0].startswith("held")
    assert Story("critical growth:web").feed(E) == ["raised"]


def test_it_is_about_that_alert_alone() -> None:
    assert Story("spike:web", "growth:db").feed(W) == ["raised"]


def test_an_exception_that_is_taken_back_is_none() -> None:
    story = Story("growth:web")
    story.feed(W)
    story.allow()
    assert story.feed(W) == ["raised"]


@pytest.mark.parametrize(
    ("entry", "key", "level"),
    [
        ("growth:web", "growth:web", W),
        ("critical leak:web", "leak:web", C),
        ("emergency limit:my program", "limit:my program", E),
        ("growth:critical web", "growth:critical web", W),
    ],
)
def test_an_entry_says_of_what_and_up_to_which_level(entry: str, key: str, level: Level) -> None:
    assert read_exceptions([entry]) == {key: level}
    assert exception_entry(key, level) == entry
    assert is_excepted({key: level}, key, level)
    assert level is E or not is_excepted({key: level}, key, Level(level + 1))


def test_what_makes_no_sense_excepts_nothing() -> None:
    assert read_exceptions(["", " ", "critical ", "normal x"]) == {"normal x": W}
