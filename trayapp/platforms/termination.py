"""Ending processes: which are never ended, the refusals, and the way through psutil."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import PlatformError
from trayapp.language.catalogue import _

if TYPE_CHECKING:
    import psutil


class RefusedError(PlatformError):
    """A process is not ended; `reason`: half a sentence why, for a menu."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


def check_by_rule(key: ProcessKey) -> None:
    """Refuse the system's first process, and this one. Raises: RefusedError."""
    if key.pid <= 1:
        raise refusal(key, _("the whole system depends on it"))
    if key.pid == os.getpid():
        raise refusal(key, _("that is Memtray itself; to quit it: memtray quit"))


def terminate_by_psutil(key: ProcessKey, *, force: bool = False) -> None:
    """Terminate a process; between the last check and the end is a moment without proof."""
    import psutil  # loaded there anyway: the readers use it

    try:
        process = _checked_by_psutil(key)
        if force:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        raise ended_error(key) from None
    except psutil.AccessDenied as error:
        raise _not_permitted(key) from error


def check_by_psutil(key: ProcessKey) -> None:
    """Refuse what `terminate_by_psutil` would refuse. Raises: PlatformError."""
    import psutil

    try:
        _checked_by_psutil(key)
    except psutil.NoSuchProcess:
        raise ended_error(key) from None
    except psutil.AccessDenied as error:
        raise _not_permitted(key) from error


def still_runs_by_psutil(key: ProcessKey) -> bool:
    """Return whether the pid still has this process; False where that may not be asked."""
    import psutil

    try:
        process = _find_by_psutil(key)
        # One that has ended, and that its parent has not asked for, holds no memory any more.
        return process is not None and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return False


def folder_by_psutil(key: ProcessKey) -> Path:
    """Return the folder of the program that a process runs. Raises: PlatformError."""
    import psutil

    try:
        process = _find_by_psutil(key)
        if process is None:
            raise ended_error(key)
        program = process.exe()
    except psutil.NoSuchProcess:
        raise ended_error(key) from None
    except psutil.AccessDenied as error:
        raise no_folder(key, _("it belongs to another user")) from error
    if not program:
        raise no_folder(key, _("the system does not say where its program is"))
    return Path(program).parent


def _checked_by_psutil(key: ProcessKey) -> psutil.Process:
    """Return the process, if it may be ended. Raises: PlatformError, psutil.Error."""
    import psutil

    check_by_rule(key)
    process = _find_by_psutil(key)
    if process is None:
        raise ended_error(key)
    if process.username() != psutil.Process().username():
        raise foreign_error(key)
    return process


def _find_by_psutil(key: ProcessKey) -> psutil.Process | None:
    """Return the process of a `ProcessKey`; None: it has ended.

    Raises: psutil.AccessDenied.
    """
    import psutil

    try:
        process = psutil.Process(key.pid)
        return process if int(process.create_time() * 1_000_000) == key.started else None
    except psutil.NoSuchProcess:
        return None


def ended_error(key: ProcessKey) -> RefusedError:
    template = _("Process {pid} has already exited; nothing was sent to it.")
    return RefusedError(template.format(pid=key.pid), _("it has exited"))


def foreign_error(key: ProcessKey) -> RefusedError:
    return refusal(key, _("it belongs to another user"))


def no_folder(key: ProcessKey, reason: str) -> PlatformError:
    template = _("The folder of process {pid} cannot be opened: {reason}.")
    return PlatformError(template.format(pid=key.pid, reason=reason))


def refusal(key: ProcessKey, reason: str) -> RefusedError:
    template = _("Process {pid} was not ended: {reason}.")
    return RefusedError(template.format(pid=key.pid, reason=reason), reason)


def _not_permitted(key: ProcessKey) -> RefusedError:
    return refusal(key, _("the system does not allow it"))
