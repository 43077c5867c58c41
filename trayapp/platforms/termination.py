"""Ending processes: who is never ended, how that is said, and the way where psutil knows it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import PlatformError
from trayapp.language.catalogue import _

if TYPE_CHECKING:
    import psutil


def check_may_be_ended(key: ProcessKey) -> None:
    """Raises: PlatformError for the system's first process, and for this one."""
    if key.pid <= 1:
        raise cannot_end(key, _("the whole system hangs on it"))
    if key.pid == os.getpid():
        raise cannot_end(key, _("that is Memtray itself; `memtray quit` ends it"))


def terminate_by_psutil(key: ProcessKey) -> None:
    """Terminate a process; between the last check and the end is a moment without proof."""
    check_may_be_ended(key)
    import psutil  # loaded there anyway: the readers use it

    try:
        process = _find_by_psutil(key)
        if process is None:
            raise has_ended(key)
        if process.username() != psutil.Process().username():
            raise is_anothers(key)
        process.terminate()
    except psutil.NoSuchProcess:
        raise has_ended(key) from None
    except psutil.AccessDenied as error:
        raise cannot_end(key, _("the system does not permit it")) from error


def still_runs_by_psutil(key: ProcessKey) -> bool:
    """Whether the pid has the process that is meant; not where that may not be asked."""
    import psutil

    try:
        return _find_by_psutil(key) is not None
    except psutil.AccessDenied:
        return False


def _find_by_psutil(key: ProcessKey) -> psutil.Process | None:
    """The process that a key of the readers means; None: it has ended.

    Raises: psutil.AccessDenied.
    """
    import psutil

    try:
        process = psutil.Process(key.pid)
        return process if int(process.create_time() * 1_000_000) == key.started else None
    except psutil.NoSuchProcess:
        return None


def has_ended(key: ProcessKey) -> PlatformError:
    """What is said when nobody, or somebody else, has the pid."""
    return PlatformError(
        _("Process {pid} has ended already; nothing was sent to it.").format(pid=key.pid)
    )


def is_anothers(key: ProcessKey) -> PlatformError:
    """What is said of other people's processes."""
    return cannot_end(key, _("it belongs to another user"))


def cannot_end(key: ProcessKey, reason: str) -> PlatformError:
    """Why not, in one line."""
    return PlatformError(
        _("Process {pid} is not ended: {reason}.").format(pid=key.pid, reason=reason)
    )
