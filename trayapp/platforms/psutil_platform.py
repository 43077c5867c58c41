"""The parts that macOS and Windows share: processes are read and ended through psutil."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import PlatformError
from trayapp.language.catalogue import _
from trayapp.platforms.protection import Protection
from trayapp.platforms.termination import (
    check_by_psutil,
    folder_by_psutil,
    still_runs_by_psutil,
    terminate_by_psutil,
)


class PsutilPlatform:
    """The part of a `Platform` that psutil does, which the readers have loaded there anyway."""

    TRIMS_OTHERS = False

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def autostart_renew(self, command: Sequence[str]) -> bool:  # noqa: ARG002
        """Return False: what is written there has always been the same."""
        return False

    def add_application(self, command: Sequence[str], icon: Path | None) -> bool:  # noqa: ARG002
        """Return False: this takes an application bundle, or an installer."""
        return False

    def terminate(self, key: ProcessKey, *, force: bool = False) -> None:
        terminate_by_psutil(key, force=force)

    def check_may_be_ended(self, key: ProcessKey) -> None:
        check_by_psutil(key)

    def is_running(self, key: ProcessKey) -> bool:
        return still_runs_by_psutil(key)

    def program_folder(self, key: ProcessKey) -> Path:
        return folder_by_psutil(key)

    def restart_unit(self, unit: str) -> None:
        """Refuse: systemd is Linux's."""
        raise PlatformError(_("{unit} cannot be restarted: no systemd here.").format(unit=unit))

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
