"""What a program says of its tasks: a stranger's word, of which only what can be so is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from trayapp.domain.names import short_name
from trayapp.domain.records import TASK, Event, JsonValue

MOST_AT_A_TIME = 100
"""No answer has more."""
NAME_LENGTH = 80
SLACK_SECONDS = 2.0
"""So much may clocks that were read one after the other, or set meanwhile, be apart."""

_LARGEST_NUMBER = 2**53
_LARGEST_BYTES = 2**50


class Task(NamedTuple):
    """One task that has ended."""

    number: int
    """Of its process's tasks, from 1."""
    name: str
    began_wall_seconds: float
    seconds: float
    growth_bytes: int | None
    """How much larger its process was after it; None: not known."""
    failed: str | None
    """The name of what it ended by; None: all went well."""

    @property
    def ended_wall_seconds(self) -> float:
        """When it was over."""
        return self.began_wall_seconds + self.seconds

    def as_event(self, subject: str) -> Event:
        """For the history; `subject`: the target whose process it was."""
        data: dict[str, JsonValue] = {
            "task": self.name,
            "seconds": round(self.seconds, 6),
            "growth_bytes": self.growth_bytes,
        }
        if self.failed is not None:
            data["failed"] = self.failed
        return Event(
            wall_seconds=self.began_wall_seconds,
            kind=TASK,
            subject=subject,
            text=self.name,
            data=data,
        )


class Answer(NamedTuple):
    """What can be believed of an answer."""

    tasks: tuple[Task, ...]
    """Their numbers rise."""
    dropped_count: int
    """Asked for, but the program keeps them no longer."""
    next: int
    """The number after which to ask on; below the one asked with: the program counts anew."""
    is_full: bool
    """There may be more."""


def read_answer(
    told: Mapping[str, object], after: int, began_wall_seconds: float, now_wall_seconds: float
) -> Answer:
    """Take in an answer, whatever it is, to the question for the tasks `after` a number.

    began_wall_seconds: when the process began.
    """
    listed = told.get("tasks")
    entries = listed[:MOST_AT_A_TIME] if isinstance(listed, list) else []
    tasks: list[Task] = []
    last = after
    for entry in entries:
        task = _read_task(entry, last, began_wall_seconds, now_wall_seconds)
        if task is not None:
            tasks.append(task)
            last = task.number
    following = _whole(told.get("next"), 0, _LARGEST_NUMBER)
    if following is None or (tasks and following < last):
        following = last
    return Answer(
        tasks=tuple(tasks),
        dropped_count=_whole(told.get("dropped"), 0, _LARGEST_NUMBER) or 0,
        next=following,
        is_full=len(entries) == MOST_AT_A_TIME,
    )


def most_telling(tasks: Iterable[Task], most: int) -> list[Task]:
    """Those with the most growth, then the longest; in order of their ends."""
    telling = sorted(tasks, key=lambda one: (-(one.growth_bytes or 0), -one.seconds))[:most]
    return sorted(telling, key=lambda one: one.number)


def _read_task(entry: object, last: int, began: float, now: float) -> Task | None:
    """None: it cannot be so."""
    if not isinstance(entry, dict):
        return None
    number = _whole(entry.get("number"), last + 1, _LARGEST_NUMBER)
    name = entry.get("name")
    start = _number(entry.get("began_unix_s"), began - SLACK_SECONDS, now + SLACK_SECONDS)
    if number is None or start is None or not isinstance(name, str):
        return None
    seconds = _number(entry.get("seconds"), 0.0, now + SLACK_SECONDS - start)
    if seconds is None:
        return None
    failed = entry.get("failed")
    return Task(
        number=number,
        name=_line(name),
        began_wall_seconds=start,
        seconds=seconds,
        growth_bytes=_whole(entry.get("growth_bytes"), -_LARGEST_BYTES, _LARGEST_BYTES),
        failed=_line(failed) if isinstance(failed, str) else None,
    )


def _line(text: str) -> str:
    return short_name(text, NAME_LENGTH).strip() or "–"


def _whole(value: object, least: int, most: int) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if least <= value <= most else None


def _number(value: object, least: float, most: float) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    # Compared before it is converted: a whole number may be too large for that. NaN is nowhere.
    return float(value) if least <= value <= most else None
