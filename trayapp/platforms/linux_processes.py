"""Single processes on Linux: ended for certain, found by their start time, restarted by systemd."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import PlatformError
from trayapp.language.catalogue import _
from trayapp.platforms import posix
from trayapp.platforms.termination import (
    check_by_rule,
    ended_error,
    foreign_error,
    no_folder,
    refusal,
)

RESTART_SECONDS = 90.0
"""As long as systemd waits for a service to end, by default."""
_ENDED_STATES, _STOPPED_STATES = (b"Z", b"X"), (b"T", b"t")


class _Identity(NamedTuple):
    """Whose a process is, and how it is."""

    started: int
    """In clock ticks since boot."""
    users: frozenset[int]
    state: bytes
    """A letter, as in `/proc/PID/stat`."""


def terminate(key: ProcessKey, *, force: bool = False) -> None:
    """Send SIGTERM, or by `force` SIGKILL, through a pidfd. Raises: PlatformError."""
    with _checked(key) as (pidfd, identity):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL if force else signal.SIGTERM)
        if identity.state in _STOPPED_STATES:
            signal.pidfd_send_signal(pidfd, signal.SIGCONT)  # who is stopped hears nothing


def check_may_be_ended(key: ProcessKey) -> None:
    """Raise what `terminate` would raise now, and send nothing."""
    with _checked(key):
        pass


def is_running(key: ProcessKey) -> bool:
    """Return whether a process runs; one that has ended, and that nobody has reaped, does not."""
    try:
        identity = _read_identity(key.pid)
    except (OSError, ValueError):
        return False
    return identity.started == key.started and identity.state not in _ENDED_STATES


def program_folder(key: ProcessKey) -> Path:
    """Return the folder of the program that a process runs. Raises: PlatformError."""
    try:
        program = (Path("/proc") / str(key.pid) / "exe").readlink()
    except PermissionError as error:
        raise no_folder(key, _("it belongs to another user")) from error
    except OSError as error:
        if is_running(key):
            raise no_folder(key, _("the system does not say where its program is")) from error
        raise ended_error(key) from error
    if not is_running(key):
        raise ended_error(key)
    return program.parent


def restart_unit(unit: str, env: Mapping[str, str]) -> None:
    """Have this user's systemd restart a service; blocks until it runs again, or has failed.

    Raises: PlatformError.
    """
    import subprocess

    template = _("{unit} was not restarted: {reason}.")
    program = posix.find_program("systemctl", env)
    if program is None:
        raise PlatformError(template.format(unit=unit, reason=_("systemctl is not installed")))
    try:
        done = subprocess.run(
            # After "--" nothing is an option, whatever a unit is called.
            [program, "--user", "restart", "--", unit],
            env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, timeout=RESTART_SECONDS,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        reason = _("systemd still waits for it to end")
        raise PlatformError(template.format(unit=unit, reason=reason)) from error
    except OSError as error:
        raise PlatformError(template.format(unit=unit, reason=error.strerror)) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[0].rstrip(".") if said else _("systemd refused")
        raise PlatformError(template.format(unit=unit, reason=reason))


@contextmanager
def _checked(key: ProcessKey) -> Iterator[tuple[int, _Identity]]:
    """Give a pidfd of a process that may be ended, which is opened before it is checked.

    Whoever has the pid after that, with the old start time, had it all along: the pidfd is
    theirs, and no later process gets what is sent through it.

    Raises: PlatformError, also for what goes wrong inside.
    """
    check_by_rule(key)
    if not hasattr(os, "pidfd_open"):
        raise refusal(key, _("this system cannot make sure which process that is"))
    try:
        pidfd = os.pidfd_open(key.pid)
    except (ProcessLookupError, OverflowError):  # or no pid at all, being too large
        raise ended_error(key) from None
    except OSError as error:
        raise refusal(key, str(error.strerror)) from error
    try:
        identity = _read_identity(key.pid)
        if identity.started != key.started or identity.state in _ENDED_STATES:
            raise ended_error(key)
        if identity.users != {os.getuid()}:
            raise foreign_error(key)
        yield pidfd, identity
    except (FileNotFoundError, ProcessLookupError):
        raise ended_error(key) from None
    except OSError as error:
        raise refusal(key, str(error.strerror)) from error
    finally:
        os.close(pidfd)


def _read_identity(pid: int) -> _Identity:
    """Raise OSError if it has ended, ValueError where /proc holds something else."""
    folder = Path("/proc") / str(pid)
    # The name may hold anything, also ") S 1 ": only the last parenthesis ends it.
    fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
    status = (folder / "status").read_bytes().splitlines()
    users = next(line for line in status if line.startswith(b"Uid:")).split()[1:]
    return _Identity(int(fields[19]), frozenset(map(int, users)), fields[0])
