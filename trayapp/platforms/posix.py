"""The parts that Linux and macOS share: locks, limits, programs that are started and left."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from trayapp.errors import PlatformError
from trayapp.language.catalogue import _
from trayapp.log import Log
from trayapp.platforms.locking import InstanceLock
from trayapp.platforms.protection import unprotect_child

_log = Log(__name__)
_EXCLUSIVE_AT_ONCE = fcntl.LOCK_EX | fcntl.LOCK_NB


class PosixPlatform:
    """The part of a `Platform` in which Linux and macOS are alike: start at login by a file."""

    DESCRIPTOR_CEILING: int

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def autostart_file(self) -> Path:
        raise NotImplementedError

    def autostart_disable(self) -> None:
        remove_file(self.autostart_file())

    def raise_descriptor_limit(self) -> int | None:
        """Raise the soft limit to the hard one, or to the ceiling; return the one in force."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY:
            return self.DESCRIPTOR_CEILING
        most = self.DESCRIPTOR_CEILING
        wanted = most if hard == resource.RLIM_INFINITY else min(hard, most)
        if soft < wanted:
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
                return wanted
        return soft

    def single_instance_lock(self, path: Path) -> InstanceLock:
        return InstanceLock(path, lambda descriptor: fcntl.flock(descriptor, _EXCLUSIVE_AT_ONCE))

    def _read_autostart_file(self) -> bytes | None:
        """Return its content; None: there is no such file. Raises: PlatformError."""
        try:
            return self.autostart_file().read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            text = _("Cannot read {file}: {reason}.")
            raise PlatformError(
                text.format(file=self.autostart_file(), reason=error.strerror)
            ) from error


def find_program(name: str, env: Mapping[str, str]) -> str | None:
    """Return the absolute path of a program in the `PATH` of `env`."""
    for folder in env.get("PATH", os.defpath).split(os.pathsep):
        candidate = os.path.join(folder, name)  # noqa: PTH118
        if os.path.isabs(candidate) and os.access(candidate, os.X_OK):  # noqa: PTH117
            return candidate
    return None


def start_detached(
    command: Sequence[str], env: Mapping[str, str], on_exit: Callable[[int], None]
) -> None:
    """Start a program that may outlive us, without terminal, input or output.

    `command[0]` is an absolute path. A thread waits for the program, so that no zombie stays,
    and gives its exit code (negative: ended by that signal) to `on_exit`.

    Raises: OSError if it cannot be started.
    """
    null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]

    def spawn(**group: Any) -> int:
        # Python ignores these signals; programs expect them as they are by default.
        defaults = (signal.SIGPIPE, signal.SIGXFSZ)
        return os.posix_spawn(
            command[0], tuple(command), env, file_actions=null, setsigdef=defaults, **group
        )

    try:
        pid = spawn(setsid=True)
    except NotImplementedError:
        pid = spawn(setpgroup=0)

    unprotect_child(pid)

    def reap() -> None:
        _, status = os.waitpid(pid, 0)
        on_exit(os.waitstatus_to_exitcode(status))

    threading.Thread(target=reap, name="open-file", daemon=True).start()


def open_with(
    command: Sequence[str],
    path: Path,
    env: Mapping[str, str],
    on_failure: Callable[[PlatformError], None] | None,
) -> None:
    """Start an opener of files, as `Platform.open_file` has it."""

    def on_exit(code: int) -> None:
        if code == 0:
            return
        opener = os.path.basename(command[0])  # noqa: PTH119
        error = PlatformError(
            _(
                "No program could open {file} ({opener} failed with {code}); open it yourself."
            ).format(file=path, opener=opener, code=code)
        )
        if on_failure is None:
            _log.warning("%s", error)
        else:
            on_failure(error)

    try:
        start_detached(command, env, on_exit)
    except OSError as error:
        template = _("Cannot start {command}: {reason}.")
        raise PlatformError(template.format(command=command[0], reason=error.strerror)) from error


def replace_file(path: Path, content: bytes) -> None:
    """Write a small file whole or not at all, making its folder. Raises: PlatformError."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            fresh.write_bytes(content)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        template = _("Cannot write {file}: {reason}.")
        raise PlatformError(template.format(file=path, reason=error.strerror)) from error


def remove_file(path: Path) -> None:
    """Remove a file that may be missing. Raises: PlatformError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        template = _("Cannot remove {file}: {reason}.")
        raise PlatformError(template.format(file=path, reason=error.strerror)) from error


def home_to_carry(env: Mapping[str, str]) -> str | None:
    """Return `MEMTRAY_HOME` as an absolute path: a session starts in another folder."""
    home = env.get("MEMTRAY_HOME")
    return str(Path(home).expanduser().absolute()) if home else None
