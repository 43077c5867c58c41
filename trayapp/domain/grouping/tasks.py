"""What a program says of its tasks: a stranger's word, of which only what can be so is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.names import short_name
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.domain.records.series import TASK, Event, JsonValue

MOST_AT_A_TIME = 100
"""No answer has more."""
NAME_LENGTH = 80
SLACK_SECONDS = 2.0
"""So much may clocks that were read one after the other, or set meanwhile, be apart."""

MOST_PROCESSES = 16
LONGEST_LIFE_SECONDS = 366 * 86_400.0
"""Of a program that has left something; nothing of what it left is older."""

_MOST_WORDS = 4096
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
    """How much larger its process's resident set was after it; None: not known."""
    failed: str | None
    """The name of what it ended by; None: all went well."""
    heap_growth_bytes: int | None = None
    """How much more its process had in use after it; None: not known."""
    peak_rss_bytes: int | None = None
    """The highest resident set of its process while it ran, as far as that was seen."""
    before_bytes: int | None = None
    """What was in use when it began, in the way that `kept_bytes` was measured."""
    peak_growth_bytes: int | None = None
    """The most by which its process was above what it was at the beginning."""

    @property
    def kept_bytes(self) -> int | None:
        """What stayed in use: of the heap, or else of the resident set."""
        return self.growth_bytes if self.heap_growth_bytes is None else self.heap_growth_bytes

    @property
    def ended_wall_seconds(self) -> float:
        return self.began_wall_seconds + self.seconds

    def as_event(self, subject: str) -> Event:
        """For the history; `subject`: the target whose process it was."""
        data: dict[str, JsonValue] = {
            "task": self.name,
            "seconds": round(self.seconds, 6),
            "growth_bytes": self.growth_bytes,
            "kept_bytes": self.kept_bytes,
            "kept_from": _kept_from(self),
            "before_bytes": self.before_bytes,
            "peak_rss_bytes": self.peak_rss_bytes,
            "peak_growth_bytes": self.peak_growth_bytes,
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


class Left(NamedTuple):
    """What a program that has ended left behind."""

    processes: tuple[ProcessFacts, ...]
    """Itself, and its ancestors from its parent on: as it says."""
    answer: Answer


def kept_of(event: Event) -> float | None:
    """Return what a task in the history kept: of the heap or, in earlier records, resident."""
    for name in ("kept_bytes", "growth_bytes"):
        size = event.data.get(name)
        if isinstance(size, int | float) and not isinstance(size, bool):
            return float(size)
    return None


def read_answer(
    told: Mapping[str, object], after: int, began_wall_seconds: float, now_wall_seconds: float
) -> Answer:
    """Return what is credible of an answer to the question for tasks `after` a number.

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


def read_left(told: Mapping[str, object], written_wall_seconds: float) -> Left | None:
    """Return what a program left at that time; None: it cannot be so."""
    listed = told.get("processes")
    entries = listed[:MOST_PROCESSES] if isinstance(listed, list) else []
    processes: list[ProcessFacts] = []
    for at, entry in enumerate(entries):
        parent = entries[at + 1] if at + 1 < len(entries) else None
        facts = _read_process(entry, parent)
        if facts is None:
            break
        processes.append(facts)
    if not processes:
        return None
    began = written_wall_seconds - LONGEST_LIFE_SECONDS
    return Left(tuple(processes), read_answer(told, 0, began, written_wall_seconds))


def most_telling(tasks: Iterable[Task], most: int) -> list[Task]:
    """Those that kept most, then the longest; in order of their ends."""
    telling = sorted(tasks, key=lambda one: (-(one.kept_bytes or 0), -one.seconds))[:most]
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
        heap_growth_bytes=_whole(entry.get("heap_growth_bytes"), -_LARGEST_BYTES, _LARGEST_BYTES),
        before_bytes=_whole(entry.get("before_bytes"), 0, _LARGEST_BYTES),
        peak_rss_bytes=_whole(entry.get("peak_rss_bytes"), 0, _LARGEST_BYTES),
        peak_growth_bytes=_whole(entry.get("peak_growth_bytes"), 0, _LARGEST_BYTES),
    )


def _read_process(entry: object, parent: object) -> ProcessFacts | None:
    if not isinstance(entry, dict):
        return None
    pid = _whole(entry.get("pid"), 1, _LARGEST_NUMBER)
    started = _whole(entry.get("started"), 0, _LARGEST_NUMBER)
    command = entry.get("command")
    if pid is None or started is None or not isinstance(command, list):
        return None
    words = tuple(word for word in command[:_MOST_WORDS] if isinstance(word, str))
    parent_pid = _whole(parent.get("pid"), 1, _LARGEST_NUMBER) if isinstance(parent, dict) else 0
    return ProcessFacts(
        key=ProcessKey(pid, started), parent_pid=parent_pid or 0, name="", arguments=words
    )


def _kept_from(task: Task) -> str | None:
    if task.heap_growth_bytes is not None:
        return "heap"
    return None if task.growth_bytes is None else "resident"


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
