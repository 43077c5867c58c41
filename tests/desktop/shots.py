"""Pictures that a test leaves behind for a person to look at."""

from __future__ import annotations

import os
from pathlib import Path

from tests.desktop.desktop import VirtualDesktop

VARIABLE = "MEMTRAY_SHOTS"
"""The environment variable with the folder for them; without it they go with pytest's own files."""


def save_shot(desktop: VirtualDesktop, name: str, otherwise: Path) -> None:
    """Save the whole screen as NAME.png."""
    folder = Path(os.environ.get(VARIABLE) or otherwise)
    folder.mkdir(parents=True, exist_ok=True)
    desktop.screenshot(folder / f"{name}.png")
