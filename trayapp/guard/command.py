"""One run of a guarded command: its start, its end, and every process that it has started."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from trayapp.domain.records.samples import ProcessKey
from trayapp.guard.size_meter import SizeMeter
from trayapp.guard.terminal import Terminal
from trayapp.recording.family import open_family

MOST_PROCESSES = 1000
"""Of a command and its children; more are not counted."""
_HAS_GROUPS = hasattr(os, "killpg")


class Command:
    """A command that runs, with its process group. One thread.

    The group has the terminal while the command runs in the foreground. Its first process is not
    reaped before `close`: as long as that is a zombie, nobody else can get the group's number.
    """

    def __init__(
        self,
        command: Sequence[str],
        terminal: Terminal,
        least_bound_bytes: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it; `least_bound_bytes`: below it no exact size is needed. Raises: OSError.

        environment: all of it; None: ours.
        """
        self._terminal = terminal
        # What was passed to us on purpose is passed on; Python's own descriptors never are.
        if _HAS_GROUPS:
            self._process = subprocess.Popen(
                command, close_fds=False, process_group=0, env=environment
            )
        else:
            self._process = subprocess.Popen(command, close_fds=False, env=environment)
        self._keys: dict[int, ProcessKey] = {}
        self._meter = SizeMeter(least_bound_bytes)
        self.resume()
        self._family = open_family([self.pid], with_children=True)
        self._family.kin.most_processes = MOST_PROCESSES
        self._family.kin.most_lives = math.inf
        self.read_size()

    @property
    def pid(self) -> int:
        """The pid of its first process, and of its group."""
        return self._process.pid

    # -- its memory

    def read_size(self) -> int:
        """Return the bytes that all its processes take together now; 0: none shows any."""
        changes = self._family.refresh()
        for key in changes.gone:
            self._keys.pop(key.pid, None)
        for facts in changes.appeared:
            self._keys[facts.key.pid] = facts.key
        return self._meter.measure(self._family.read(self._keys.values()))

    def includes(self, key: ProcessKey) -> bool:
        """Return whether it is one of the processes at the latest `read_size`."""
        return self._keys.get(key.pid) == key

    # -- its life

    def has_ended(self) -> bool:
        """Return whether its first process has ended; the others may still run."""
        if self._process.returncode is not None:
            return True
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self._process.poll() is not None
        found = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return found is not None

    def was_killed(self) -> bool:
        """Return whether its first process has ended by SIGKILL."""
        if not hasattr(os, "waitid") or self._process.returncode is not None:
            return self._process.returncode == -9
        found = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return found is not None and found.si_code == os.CLD_KILLED and found.si_status == 9

    def stop_signal(self) -> int | None:
        """Return the signal that has stopped its first process since the last call, if any."""
        if self._process.returncode is not None or not hasattr(os, "waitid"):
            return None
        try:
            found = os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOHANG)
        except ChildProcessError:  # it has ended, and cannot be stopped any more
            return None
        return None if found is None else found.si_status

    def resume(self) -> None:
        """Let it go on, with the terminal if we have that; harmless if it never stopped."""
        if _HAS_GROUPS:
            self._terminal.hand_to(self.pid)
            self._send_all(signal.SIGCONT)

    def send(self, number: int) -> None:
        """Pass a signal on to its first process, or to all if it is one that is typed (Ctrl-C)."""
        if _HAS_GROUPS and number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP):
            self._send_all(number)
            return
        with suppress(OSError):  # ended
            if _HAS_GROUPS and self._process.returncode is None:
                # Not by Popen, which would reap it if it has just ended.
                os.kill(self.pid, number)
            elif number == signal.SIGTERM:  # what is typed reaches everybody at a console
                self._process.terminate()

    def ask_to_end(self) -> None:
        """Ask its first process to end, which may pass that on to the others."""
        self.send(signal.SIGTERM)
        if _HAS_GROUPS:
            self._send_all(signal.SIGCONT)  # who is stopped hears nothing

    def ask_rest_to_end(self) -> None:
        if _HAS_GROUPS:
            self._send_all(signal.SIGTERM)
            self._send_all(signal.SIGCONT)

    def has_left(self) -> bool:
        return self.has_ended() and not (_HAS_GROUPS and _group_lives(self.pid))

    def kill(self) -> None:
        if _HAS_GROUPS:
            self._send_all(signal.SIGKILL)
            return
        from trayapp.errors import PlatformError
        from trayapp.platforms import current_platform

        self.read_size()
        platform = current_platform()
        for key in self._keys.values():
            with suppress(PlatformError):
                platform.terminate(key)

    def close(self) -> int:
        """Reap it, release everything, and return its exit code as a shell would."""
        self._family.close()
        code = self._process.wait()
        if _HAS_GROUPS:
            self._terminal.take_from(self.pid)
        return code if code >= 0 else 128 - code

    def _send_all(self, number: int) -> None:
        with suppress(OSError):  # nobody is left, or only who has got other rights
            os.killpg(self.pid, number)


def _group_lives(group: int) -> bool:
    """Return whether any process of a group runs; zombies that nobody reaps do not."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if sys.platform != "linux":
        return True
    return any(_is_of(stat, group) for stat in Path("/proc").glob("[0-9]*/stat"))


def _is_of(stat: Path, group: int) -> bool:
    try:
        # The name may hold anything: only the last parenthesis ends it.
        fields = stat.read_bytes().rpartition(b")")[2].split(None, 3)
    except OSError:
        return False
    return len(fields) > 2 and int(fields[2]) == group and fields[0] not in (b"Z", b"X")
