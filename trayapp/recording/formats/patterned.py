"""Lines of anybody's log, read by a pattern that a person gives with `--pattern`.

A regular expression in which stand: `{time}`, or `{time:%H:%M:%S}` as for strftime; the size as
`{bytes}`, `{KiB}`, `{MB}`… for a number in this unit, or `{size}` for one with its own; `{pid}`;
and any other name, such as `{task}`, for what tells whose line it is. Other lines are passed over.
"""

from __future__ import annotations

import math
import re
from datetime import datetime

from trayapp.domain.grouping.expressions import Found, RefusedExpressionError, compile_expression
from trayapp.domain.records.names import short_name
from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _, format_count
from trayapp.recording.calendars import Order
from trayapp.recording.clocks import Clock
from trayapp.recording.gathering import Gathering
from trayapp.recording.quantities import UNITS, size_in, unit_bytes
from trayapp.recording.source import Source, Start

NAME = "pattern"
EXPECTS = N_("any log, with --pattern")
_PLACE = re.compile(r"\{([A-Za-z_]\w*)(?::([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\}")
_DIRECTIVES = {
    "Y": r"\d{4}", "y": r"\d\d", "m": r"\d{1,2}", "d": r"\d{1,2}", "e": r"\s?\d{1,2}",
    "H": r"\d{1,2}", "I": r"\d{1,2}", "M": r"\d\d", "S": r"\d\d", "f": r"\d{1,9}", "j": r"\d{1,3}",
    "p": r"[^\W\d_.]+\.?(?:[^\W\d_]+\.?)?", "b": r"[^\W\d_]+\.?", "B": r"[^\W\d_]+",
    "a": r"[^\W\d_]+\.?", "A": r"[^\W\d_]+", "z": r"(?:Z|[+-]\d\d:?\d\d)", "Z": r"[A-Z]{1,5}",
    "s": r"\d{9,19}(?:\.\d+)?", "T": r"\d{1,2}:\d\d:\d\d", "F": r"\d{4}-\d\d-\d\d",
    "R": r"\d{1,2}:\d\d", "D": r"\d\d/\d\d/\d\d", "%": "%",
}  # fmt: skip
_ANY_TIME = (
    r"\d{4}[-/.]\d\d?[-/.]\d\d?[T ]\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?(?:Z|UTC|[+-]\d\d:?\d\d))?"
    r"|\d\d?:\d\d:\d\d(?:[.,]\d+)?(?: [AaPp][Mm])?|\d+(?:\.\d+)?"
)
_NUMBER = r"[-+]?\d[\d.,]*"


def resembles(start: Start) -> float:  # noqa: ARG001  (no file looks like it; a person says so)
    return 0.0


def read(source: Source, found: Gathering) -> None:
    pattern = _Pattern(source.instructions.pattern or "")
    clock = source.clock()
    clock.order = pattern.order
    lines = matched = 0
    first = ""
    last = math.nan
    for _number, line in enumerate(source.lines(), 1):
        if not line.strip():
            continue
        lines += 1
        match = pattern.expression.search(line)
        sample = None if match is None else pattern.sample(match, clock)
        if sample is None:
            first = first or line
            continue
        seconds, size, who, pid = sample
        matched += 1
        last = seconds
        series = found.series((who, pid), _name(who, pid), pid=pid)
        series.add(found.moment(seconds), size)
    if not matched:
        text = _("{path}: no line matches the pattern; the first is {line}")
        raise source.refusal(text, line=repr(short_name(first.strip(), 80)))
    if clock.is_dateless:
        found.shift_seconds += clock.shift_seconds(last)
        found.note(_("it has only times of day; the date is that of the file"))
    found.note(
        _("{count} of {all} lines match the pattern").format(
            count=format_count(matched), all=format_count(lines)
        )
    )


class _Pattern:
    """A pattern, taken apart."""

    def __init__(self, text: str) -> None:
        self._time_form = ""
        self._time = self._size = self._pid = ""
        self._factor: float | None = None
        self._who: list[str] = []
        self._count = 0
        parts: list[str] = []
        at = 0
        for place in _PLACE.finditer(text):
            parts.append(text[at : place.start()])
            parts.append(self._group(place[1], place[2]))
            at = place.end()
        parts.append(text[at:])
        if not self._time or not self._size:
            raise RecordingError(
                _("the pattern has no time or no size; use something like {example}").format(
                    example="'{time:%H:%M:%S} .* task={task} rss={MiB}'"
                )
            )
        try:
            self.expression = compile_expression("".join(parts))
        except re.error as error:
            raise RecordingError(
                _("the pattern is not a valid regular expression: {reason}").format(reason=error)
            ) from error
        except RefusedExpressionError as error:
            text = _("{name}: {text}").format(name="--pattern", text=error)
            raise RecordingError(text) from error
        day, month = self._time_form.find("%d"), self._time_form.find("%m")
        self.order: Order | None = None
        if day >= 0 and month >= 0:
            self.order = "dmy" if day < month else "mdy"

    def _group(self, name: str, form: str | None) -> str:
        self._count += 1
        key = f"_{self._count}"
        if name == "time":
            self._time, self._time_form = key, form or ""
            return f"(?P<{key}>{_time_expression(form)})"
        if name == "size":
            self._size = key
            return rf"(?P<{key}>{_NUMBER}\s?[A-Za-z]*)"
        if name.lower() in UNITS and len(name) > 1:
            self._size, self._factor = key, unit_bytes(name)
            return f"(?P<{key}>{_NUMBER})"
        if name == "pid":
            self._pid = key
            return rf"(?P<{key}>\d+)"
        self._who.append(key)
        return rf"(?P<{key}>\S+)"

    def sample(self, match: Found, clock: Clock) -> tuple[float, float, str, int | None] | None:
        """Seconds, bytes, whose they are, and its pid; None if they are none."""
        seconds = self._seconds(match[self._time], clock)
        size = size_in(match[self._size].rstrip(".,"), self._factor or 1.0)
        if seconds != seconds or size != size:
            return None
        who = " ".join(match[key] for key in self._who)
        return seconds, size, who, int(match[self._pid][:10]) if self._pid else None

    def _seconds(self, text: str, clock: Clock) -> float:
        seconds = clock.read(text)
        if seconds == seconds or not self._time_form:
            return seconds
        try:
            return datetime.strptime(text, self._time_form).timestamp()
        except (ValueError, OverflowError, OSError):
            return math.nan


def _time_expression(form: str | None) -> str:
    if not form:
        return _ANY_TIME
    parts: list[str] = []
    letters = iter(form)
    for letter in letters:
        if letter == "%":
            directive = next(letters, "%")
            parts.append(_DIRECTIVES.get(directive, r"\S+"))
        else:
            parts.append(re.escape(letter))
    return "".join(parts)


def _name(who: str, pid: int | None) -> str:
    return f"{who} {'' if pid is None else pid}".strip() or "memory"
