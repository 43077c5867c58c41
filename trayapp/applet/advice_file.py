"""What outlives a restart of the advice: what was done and came of it, what is not to be said."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trayapp.applet.state import UNREADABLE, as_moment, read_object, replace_file
from trayapp.dataclass import fields
from trayapp.domain.judging.advice.book import MOST_DEEDS, MOST_WORDS, NEVER, AdviceBook
from trayapp.domain.judging.advice.deeds import STAGES, Deed
from trayapp.domain.judging.advice.harmless import (
    MOST_EACH,
    MOST_KEYS,
    Acknowledged,
    Acknowledgement,
)
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import ProcessKey

_LONGEST_TEXT = 4000
_MOST_DELAYS = 100
"""The wait is doubled for each, and long at its longest by then."""
_REGRETS = ("", "restarted", "gone", "slower", "grew back")
_STAGE_NAMES = tuple(stage for stage, _seconds in STAGES)


def load_book(file: Path) -> AdviceBook:
    """Read what is kept; a file that is missing or damaged holds nothing."""
    book = AdviceBook()
    try:
        kept = read_object(file)
        silent = kept.get("silent_until", {})
        book.silent_until = {
            str(key): NEVER if until is None else float(until)
            for key, until in list(silent.items())[:MOST_WORDS]
        }
        book.delays = {
            str(key): min(max(0, int(count)), _MOST_DELAYS)
            for key, count in list(kept["delays"].items())[:MOST_WORDS]
        }
        for each in kept["deeds"][-MOST_DEEDS:]:
            book.deeds.append(_deed(each))
        # Earlier versions kept none.
        book.acknowledged = {
            _text(key): _acknowledged(each)
            for key, each in list(kept.get("acknowledged", {}).items())[:MOST_KEYS]
        }
    except UNREADABLE:
        return book
    return book


def save_book(file: Path, book: AdviceBook) -> None:
    """Write it so that a crash leaves the old file or the new one. Raises: OSError."""
    kept = {
        "silent_until": {
            key: None if math.isinf(until) else until for key, until in book.silent_until.items()
        },
        "delays": book.delays,
        "deeds": [_as_json(deed) for deed in book.deeds],
        "acknowledged": {
            key: [each.about, each.name, each.title, [list(one) for one in each.times]]
            for key, each in book.acknowledged.items()
        },
    }
    replace_file(file, json.dumps(kept))


def _as_json(deed: Deed) -> dict[str, object]:
    kept: dict[str, object] = {each.name: getattr(deed, each.name) for each in fields(deed)}
    kept["keys"] = [list(key) for key in deed.keys]
    kept["passed"] = sorted(deed.passed)
    return kept


def _deed(kept: Mapping[str, Any]) -> Deed:
    """Return one deed. Raises: one of UNREADABLE if it cannot be so."""
    regret = kept["regret"]
    if regret not in _REGRETS:
        raise ValueError(regret)
    expected, source = kept["expected"], kept["source"]
    return Deed(
        **{
            name: _text(kept[name])
            for name in ("id", "kind", "about", "name", "title", "does", "text", "control_about")
        },
        wall_seconds=_moment(kept["wall_seconds"]),
        before_bytes=_size(kept["before_bytes"]),
        saved_bytes=_size(kept["saved_bytes"]),
        offered_bytes=int(kept["offered_bytes"]),
        expected=(int(expected[0]), int(expected[1])) if expected else None,
        source=source if source in _SOURCES else None,
        rate_bytes_per_second=float(kept["rate_bytes_per_second"]),
        control_bytes=_size(kept["control_bytes"]),
        task_seconds=None if kept["task_seconds"] is None else float(kept["task_seconds"]),
        is_automatic=kept["is_automatic"] is True,
        undo_bytes=_size(kept["undo_bytes"]),
        set_bytes=_size(kept.get("set_bytes")),
        undo_entry=_text(kept.get("undo_entry", "")),
        is_undone=kept["is_undone"] is True,
        keys=frozenset(ProcessKey(int(pid), int(started)) for pid, started in kept["keys"]),
        later={
            stage: int(kept["later"][stage]) for stage in _STAGE_NAMES if stage in kept["later"]
        },
        passed={stage for stage in _STAGE_NAMES if stage in kept["passed"]},
        regret=regret,
    )


def _acknowledged(kept: Sequence[Any]) -> Acknowledged:
    """Return all of one alert. Raises: one of UNREADABLE if it cannot be so."""
    about, name, title, times = kept
    return Acknowledged(
        _text(about),
        _text(name),
        _text(title),
        tuple(
            Acknowledgement(_moment(at), _moment(since), Level(level))
            for at, since, level in times[-MOST_EACH:]
        ),
    )


_SOURCES = ("this target", "its kind", "recorded programs", "evidence")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value[:_LONGEST_TEXT]


def _moment(value: object) -> float:
    """Return wall seconds that can be shown as a date. Raises: ValueError."""
    moment = as_moment(value)
    if moment is None:
        raise ValueError(value)
    return moment


def _size(value: object) -> int | None:
    return None if value is None else int(value)  # type: ignore[call-overload]
