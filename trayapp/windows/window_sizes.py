"""How large windows were: kept when a person has resized one, forgotten on request."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Sizes are forgotten by the applet, which loads no toolkit.
    import tkinter as tk

_ENDING = "-size.json"
_LEAST, _MOST = 100, 32_000


def load_size(folder: Path, name: str) -> tuple[int, int] | None:
    """Return width and height in pixels; None where none is kept, or none that makes sense."""
    try:
        told = json.loads((folder / f"{name}{_ENDING}").read_text(encoding="utf-8"))
        width, height = told["width"], told["height"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    for side in (width, height):
        if type(side) is not int or not _LEAST <= side <= _MOST:
            return None
    return width, height


def save_size(folder: Path, name: str, width: int, height: int) -> None:
    """Keep it; where that is not possible, the window has its usual size the next time."""
    file = folder / f"{name}{_ENDING}"
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.write_text(json.dumps({"width": width, "height": height}), encoding="utf-8")
        temporary.replace(file)


def forget_sizes(folder: Path) -> None:
    """Have all windows open in their usual sizes the next time."""
    with contextlib.suppress(OSError):
        for file in folder.glob(f"*{_ENDING}"):
            file.unlink(missing_ok=True)


class KeptSize:
    """The size of one window from its opening to its end. The main thread."""

    def __init__(self, root: tk.Tk, folder: Path, name: str) -> None:
        """Give the window the size it had, as far as the screen has room for that."""
        self._root = root
        self._folder = folder
        self._name = name
        kept = load_size(folder, name)
        if kept is not None:
            width = min(kept[0], root.winfo_screenwidth())
            height = min(kept[1], root.winfo_screenheight())
            root.geometry(f"{width}x{height}")
        self._shown: tuple[int, int] | None = None
        """As it came to the screen: what a person changes is told by that."""
        root.bind("<Map>", lambda _: self._note(), add="+")

    def _note(self) -> None:
        if self._shown is None and self._root.winfo_viewable():
            self._shown = self._size()

    def keep(self) -> None:
        """Keep the size if a person has changed it; before the window goes."""
        size = self._size()
        if self._shown is not None and size != self._shown and self._root.winfo_viewable():
            save_size(self._folder, self._name, *size)

    def _size(self) -> tuple[int, int]:
        return self._root.winfo_width(), self._root.winfo_height()
