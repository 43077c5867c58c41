"""Ending processes: which are never ended, the refusals, and the way through psutil."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import PlatformError
from trayapp.language.catalogue import _

if TYPE_CHECKING:
    import psutil


def check_may_be_ended(key: ProcessKey) -> None:
    """Refuse the system's first process, and this one. Raises: PlatformError."""
    if key.pid <= 1:
        raise refusal(key, _("the whole system hangs on it"))
    if key.pid == os.getpid():
        raise refusal(key, _("that is Memtray itself; `memtray quit` ends it"))


def terminate_by_psutil(key: ProcessKey) -> None:
    """Terminate a process; between the last check and the end is a moment without proof."""
    check_may_be_ended(key)
    import psutil  # loaded there anyway: the readers use it

    try:
        process = _find_by_psutil(key)
        if process is None:
            raise ended_error(key)
        if process.username() != psutil.Process().username():
            raise foreign_error(key)
        process.terminate()
    except psutil.NoSuchProcess:
        raise ended_error(key) from None
    except psutil.AccessDenied as error:
        raise refusal(key, _("the system does not permit it")) from error


def still_runs_by_psutil(key: ProcessKey) -> bool:
    """Return whether the pid still has this process; False where that may not be asked."""
    import psutil

    try:
        return _find_by_psutil(key) is not None
    except psutil.AccessDenied:
        return False


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


def ended_error(key: ProcessKey) -> PlatformError:
    template = _("Process {pid} has ended already; nothing was sent to it.")
    return PlatformError(template.format(pid=key.pid))


def foreign_error(key: ProcessKey) -> PlatformError:
    return refusal(key, _("it belongs to another user"))


def refusal(key: ProcessKey, reason: str) -> PlatformError:
    template = _("Process {pid} is not ended: {reason}.")
    return PlatformError(template.format(pid=key.pid, reason=reason))
