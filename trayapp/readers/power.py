"""The power supply: whether the machine runs on battery."""

from __future__ import annotations

import os
import sys

from trayapp.readers.procfile import read_start

PERIOD_SECONDS = 30.0
"""How often the system is asked."""

_CHARGED = (b"Charging", b"Full", b"Not charging")


class PowerReader:
    """Tells whether the machine runs on battery, at most 30 s late. All calls from one thread."""

    def __init__(
        self, root: str = "/sys/class/power_supply", *, system: str = sys.platform
    ) -> None:
        """`root`: the folder with one folder for each supply; Linux only."""
        self._root = root
        self._is_linux = system == "linux"
        self._on_battery: bool | None = None
        self._due_at = float("-inf")

    def on_battery(self, now: float) -> bool | None:
        """Return None if the system does not tell, or has no battery. `now`: monotonic seconds."""
        if now >= self._due_at:
            self._due_at = now + PERIOD_SECONDS
            self._on_battery = self._read() if self._is_linux else _ask_psutil()
        return self._on_battery

    def _read(self) -> bool | None:
        try:
            supplies = os.listdir(self._root)  # noqa: PTH208
        except OSError:
            return None
        states = set()
        is_plugged: bool | None = None
        for supply in supplies:
            kind = self._read_text(supply, "type")
            if kind == b"Mains":
                is_plugged = is_plugged or self._read_text(supply, "online") == b"1"
            # A mouse's or headset's battery is a supply, too: of a device, not of this system.
            elif kind in (b"Battery", b"UPS") and self._read_text(supply, "scope") != b"Device":
                states.add(self._read_text(supply, "status"))
        if not states or is_plugged:
            return False if is_plugged else None
        if b"Discharging" in states:
            return True
        if states.intersection(_CHARGED):
            return False
        return None if is_plugged is None else True

    def _read_text(self, supply: str, name: str) -> bytes:
        try:
            return read_start(f"{self._root}/{supply}/{name}", 64).strip()
        except OSError:
            return b""


def _ask_psutil() -> bool | None:
    import psutil

    try:
        battery = psutil.sensors_battery()
    except (OSError, RuntimeError, AttributeError, psutil.Error):
        return None
    if battery is None or battery.power_plugged is None:
        return None
    return not battery.power_plugged
