"""The log file: what happened, one line each, for reading afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from trayapp.delivery.banner import Banner, one_line, plain
from trayapp.delivery.rotated import RotatedFile
from trayapp.delivery.sinks import Sink, Surroundings


def open_sink(surroundings: Surroundings) -> AlertLog:
    return AlertLog(surroundings.log)


class AlertLog(Sink[Banner]):
    """Writes each banner as one line with its level."""

    def __init__(self, log: Callable[[str], object]) -> None:
        """`log` takes a line, such as `LogFile.append`."""
        self._log = log

    def send(self, banner: Banner, /) -> None:
        self._log(f"{banner.level.label}: {one_line(banner)}")


class LogFile:
    """Appends lines with the local time; keeps one older file beside it. Any thread.

    Only this user can read it: names of processes are nobody else's business.
    """

    def __init__(self, path: Path, limit_bytes: int = 1024**2) -> None:
        """The file starts anew at `limit_bytes`; what was there gets the suffix ".1"."""
        self._file = RotatedFile(path, limit_bytes)

    def append(self, text: str) -> None:
        """Write one line; a full disk or a missing folder loses it, and raises nothing."""
        stamp = datetime.now().astimezone().isoformat(timespec="seconds")
        self._file.append(f"{stamp} {plain(text, 2000)}\n".encode())
