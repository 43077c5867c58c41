"""Where windows were and how large: small JSON files, which anybody may have written."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Sizes are forgotten by the applet, which loads no toolkit.
    import tkinter as tk

_ENDING = "-size.json"
_LEAST, _MOST = 100, 32_000
_FARTHEST = 100_000


def load_values(file: Path) -> dict[str, Any]:
    """Return the values that are kept in `file`; none where it holds no JSON object."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


def save_values(file: Path, values: Mapping[str, Any]) -> None:
    """Keep the values; where that is not possible, the window opens as before the next time."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.write_text(json.dumps(values), encoding="utf-8")
        temporary.replace(file)


def _load_pair(file: Path, keys: tuple[str, str], least: int, most: int) -> tuple[int, int] | None:
    kept = load_values(file)
    first, second = (kept.get(key) for key in keys)
    # A bool would pass for an int.
    if type(first) is int and type(second) is int and least <= min(first, second):
        return (first, second) if max(first, second) <= most else None
    return None


def load_place(file: Path) -> tuple[int, int] | None:
    """Return left and top in pixels; None where no sensible place is kept."""
    return _load_pair(file, ("left", "top"), -_FARTHEST, _FARTHEST)


def save_place(file: Path, left: int, top: int) -> None:
    save_values(file, {"left": left, "top": top})


def forget_place(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)


def load_size(folder: Path, name: str) -> tuple[int, int] | None:
    """Return width and height in pixels; None where no sensible size is kept."""
    return _load_pair(folder / f"{name}{_ENDING}", ("width", "height"), _LEAST, _MOST)


def save_size(folder: Path, name: str, width: int, height: int) -> None:
    save_values(folder / f"{name}{_ENDING}", {"width": width, "height": height})


def forget_sizes(folder: Path) -> None:
    """Have all windows open in their usual sizes the next time."""
    with contextlib.suppress(OSError):
        for file in folder.glob(f"*{_ENDING}"):
            file.unlink(missing_ok=True)


class KeptSize:
    """The size of one window from its opening to its end. The main thread."""

    def __init__(self, root: tk.Tk, folder: Path, name: str) -> None:
        """Give the window the size it had, as far as the screen has room for that."""
        self._root, self._folder, self._name = root, folder, name
        if (kept := load_size(folder, name)) is not None:
            width = min(kept[0], root.winfo_screenwidth())
            height = min(kept[1], root.winfo_screenheight())
            root.geometry(f"{width}x{height}")
        self._shown: tuple[int, int] | None = None
        """As it came to the screen, so that a change by the person is noticed."""
        root.bind("<Map>", lambda _: self._on_map(), add="+")

    def _on_map(self) -> None:
        if self._shown is None and self._root.winfo_viewable():
            self._shown = self._size()

    def keep(self) -> None:
        """Keep the size if a person has changed it; to be called before the window goes."""
        size = self._size()
        if self._shown is not None and size != self._shown and self._root.winfo_viewable():
            save_size(self._folder, self._name, *size)

    def _size(self) -> tuple[int, int]:
        return self._root.winfo_width(), self._root.winfo_height()
