"""Screenshots that a test run keeps, so that somebody can look at every window afterwards."""

from __future__ import annotations

from pathlib import Path

from tests.desktop.desktop import Screenshot, VirtualDesktop

FOLDER = Path(__file__).parent.parent.parent / ".pytest_cache" / "screenshots"


def keep(desktop: VirtualDesktop, name: str) -> Screenshot:
    """Take a picture of the whole screen, kept as `.pytest_cache/screenshots/NAME.png`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    return desktop.screenshot(FOLDER / f"{name}.png")
