"""The parts that macOS and Windows share: processes are read and ended through psutil."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from trayapp.domain.records.samples import ProcessKey
from trayapp.platforms.protection import Protection
from trayapp.platforms.termination import terminate_by_psutil


class PsutilPlatform:
    """The part of a `Platform` that psutil does, which the readers have loaded there anyway."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def add_application(self, command: Sequence[str], icon: Path | None) -> bool:  # noqa: ARG002
        """Return False: this takes an application bundle, or an installer."""
        return False

    def terminate(self, key: ProcessKey) -> None:
        terminate_by_psutil(key)

    def share_one_heap(self) -> None:
        """Do nothing: here is no memory to be saved."""

    def protect(self) -> Protection:
        """Return that there is none: no call of these systems is for ordinary users."""
        return Protection()

    def trim_own_heap(self) -> bool | None:
        """Give freed memory back; the system does not tell how much that was."""
        import psutil

        with suppress(AttributeError, OSError):
            psutil.heap_trim()
            return True
        return None
