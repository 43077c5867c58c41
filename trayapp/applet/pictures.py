"""The application's own pictures: in the package when installed, in a checkout beside it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from trayapp.applet.children import package_parent
from trayapp.domain.records.levels import Level


def icon_file(name: str = "memtray.png") -> Path | None:
    """Return the file of a picture, or None where it was not installed."""
    for folder in (Path(__file__).parent.parent / "_icons", package_parent() / "icons"):
        file = folder / name
        if file.is_file():
            return file
    return None


def menu_pictures() -> dict[Level, bytes]:
    """Return the marks of levels in the menu; those that are missing are words there."""
    pictures = {}
    for level in (Level.WARNING, Level.CRITICAL, Level.EMERGENCY):
        file = icon_file(f"menu-{level.label}.png")
        if file is not None:
            with contextlib.suppress(OSError):
                pictures[level] = file.read_bytes()
    return pictures
