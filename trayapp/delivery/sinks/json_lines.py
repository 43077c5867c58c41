"""The file for programs: one JSON object per transition and line."""

from __future__ import annotations

import json
from pathlib import Path

from trayapp.delivery.banner import bounded
from trayapp.delivery.rotated import RotatedFile
from trayapp.delivery.sinks import Surroundings, TransitionSink
from trayapp.domain.judging.transitions import Transition
from trayapp.settings.records import Settings


def open_sink(surroundings: Surroundings) -> JsonLines:
    size_bytes = surroundings.settings.delivery.json_lines_bytes
    return JsonLines(surroundings.paths.alerts_file, size_bytes)


class JsonLines(TransitionSink):
    """Appends `Transition.facts` to a file; keeps one older file beside it. Any thread."""

    def __init__(self, path: Path, limit_bytes: int) -> None:
        """The file starts anew at `limit_bytes`; what was there gets the suffix ".1"."""
        self._file = RotatedFile(path, limit_bytes)

    def follow(self, settings: Settings) -> None:
        self._file.limit_bytes = settings.delivery.json_lines_bytes

    def send(self, transition: Transition, /) -> bool:
        """Write one line: ASCII, every control character escaped. Raises nothing.

        Returns: whether it is in the file.
        """
        return self._file.append(json.dumps(bounded(transition.facts())).encode() + b"\n")
