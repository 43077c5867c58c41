"""Where a window was, kept in a small file of its own."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

_FARTHEST = 100_000


def load_place(file: Path) -> tuple[int, int] | None:
    """Left and top in pixels; None where there is no such file, or none that makes sense."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        left, top = told["left"], told["top"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    for edge in (left, top):
        if type(edge) is not int or abs(edge) > _FARTHEST:
            return None
    return left, top


def save_place(file: Path, left: int, top: int) -> None:
    """Keep it; where that is not possible, the window is in its corner the next time."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.write_text(json.dumps({"left": left, "top": top}), encoding="utf-8")
        temporary.replace(file)


def forget_place(file: Path) -> None:
    """Have the window begin in its corner."""
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)
