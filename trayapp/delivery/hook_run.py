"""One command of a hook while it runs: its output is kept, and it ends with all it has started."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from trayapp.platforms.protection import unprotect_child

if TYPE_CHECKING:
    import subprocess

KEPT_OUTPUT_BYTES = 2048
GIVE_UP_SECONDS = 2.0
"""How long a command that was killed may take to be gone: as another user, it may refuse."""
_CHUNK_BYTES = 65_536
_HAS_GROUPS = hasattr(os, "killpg")


class HookRun:
    """A running command. Its process stays unreaped until `finish`: its pid is its group."""

    def __init__(
        self,
        selector: selectors.BaseSelector,
        command: Sequence[str],
        limit_seconds: float,
        env: Mapping[str, str],
        line: bytes,
    ) -> None:
        """Start it. Raises: OSError, ValueError."""
        import subprocess

        self.started = time.monotonic()
        self.deadline = self.started + limit_seconds
        self.killed_at: float | None = None
        self.output = b""
        self._selector = selector
        output = subprocess.PIPE if _HAS_GROUPS else subprocess.DEVNULL
        self._child: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT if _HAS_GROUPS else output,
            env=env,
            start_new_session=True,
        )
        unprotect_child(self._child.pid)
        if self._child.stdout is not None:
            os.set_blocking(self._child.stdout.fileno(), False)
            selector.register(self._child.stdout, selectors.EVENT_READ, self)
        if self._child.stdin is not None:
            with contextlib.suppress(OSError):  # it does not read, or has ended
                self._child.stdin.write(line)
            with contextlib.suppress(OSError):
                self._child.stdin.close()

    def read(self) -> None:
        """Read what it has written, of which the end is kept; does not wait."""
        stream = self._child.stdout
        if stream is None or stream.closed:
            return
        try:
            chunk = os.read(stream.fileno(), _CHUNK_BYTES)
        except BlockingIOError:
            return
        if chunk:
            self.output = (self.output + chunk[-KEPT_OUTPUT_BYTES:])[-KEPT_OUTPUT_BYTES:]
        else:
            self._close_output()

    def exit_code(self) -> int | None:
        """Return its exit code, the negated number of a fatal signal, or None while it runs."""
        if not hasattr(os, "waitid"):
            return self._child.poll()
        # Without reaping it: until then nobody else can have its pid, nor its group's number.
        try:
            ended = os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:  # who started Memtray had it ignore its children's ends
            return self._child.poll()
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def kill(self) -> None:
        """Kill its whole process group; harmless when it has ended."""
        self.killed_at = time.monotonic()
        if _HAS_GROUPS:
            with contextlib.suppress(OSError):  # nobody left, or nobody of this user
                os.killpg(self._child.pid, signal.SIGKILL)
        else:
            _kill_tree(self._child)

    def finish(self) -> None:
        """Kill what is left of its group, read the last of its output, and release it."""
        if _HAS_GROUPS:
            with contextlib.suppress(OSError):
                os.killpg(self._child.pid, signal.SIGKILL)
        # Once, which is all that a pipe holds: a process that left the group may write on forever.
        self.read()
        self._close_output()
        self._child.poll()

    def _close_output(self) -> None:
        stream = self._child.stdout
        if stream is not None and not stream.closed:
            self._selector.unregister(stream)
            stream.close()


def _kill_tree(child: subprocess.Popen[bytes]) -> None:
    """Kill a command and its children on Windows. Not tried there."""
    import subprocess

    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            ["taskkill", "/T", "/F", "/PID", str(child.pid)],
            capture_output=True,
            timeout=GIVE_UP_SECONDS,
            check=False,
        )
    with contextlib.suppress(OSError):
        child.kill()
