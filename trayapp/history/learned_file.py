"""What was learned of targets, in a file of its own: below 1 KiB for each."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trayapp.dataclass import dataclass
from trayapp.domain.judging.learned import Learned, from_text

MOST_TARGETS = 500
_MOST_BYTES = 4 * 1024 * MOST_TARGETS


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned of one target, and when."""

    learned: Learned
    learned_wall_seconds: float
    days: float
    """Of history that it was learned from."""
    is_frozen: bool = False
    """Whether it is to stay as it is."""


def load_lessons(file: Path) -> dict[str, Lesson]:
    """Read the file; one that is missing or damaged holds nothing."""
    try:
        with file.open("rb") as stream:
            kept: Any = json.loads(stream.read(_MOST_BYTES))
        return {
            str(name): Lesson(
                from_text(str(each["band"])),
                float(each["learned_at"]),
                float(each["days"]),
                each["frozen"] is True,
            )
            for name, each in list(kept["targets"].items())[:MOST_TARGETS]
        }
    except (OSError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError):
        return {}


def save_lessons(file: Path, lessons: Mapping[str, Lesson]) -> None:
    """Write it so that a crash leaves the old file or the new one. Raises: OSError."""
    kept = {
        "targets": {
            name: {
                "band": each.learned.as_text(),
                "learned_at": each.learned_wall_seconds,
                "days": each.days,
                "frozen": each.is_frozen,
            }
            for name, each in lessons.items()
        }
    }
    partial = file.with_name(file.name + ".new")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(kept, stream)
    partial.replace(file)
