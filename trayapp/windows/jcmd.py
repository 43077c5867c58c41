"""The JDK's own tool, by which a Java virtual machine is asked to do something."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from trayapp.errors import ControlError
from trayapp.language.catalogue import _

_QUIT = 1 << 2
"""SIGQUIT, by which a virtual machine is told that somebody asks, as a bit of its masks."""


def run_jcmd(pid: int, *arguments: str, limit_seconds: float) -> None:
    """Ask a virtual machine, and wait until it has done it. Any thread; blocks.

    Raises: ControlError with the reason, where it is not asked, or has not done it.
    """
    with suppress(OSError):
        if _namespace(pid) != _namespace(os.getpid()):
            raise ControlError(_("it runs in a container: run jcmd there"))
    if not _catches_quit(pid):
        # With -Xrs it would end; while it starts, too.
        raise ControlError(_("it cannot be asked (started with -Xrs)"))
    command = [_jcmd(pid), str(pid), *arguments]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_seconds,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ControlError(_("jcmd cannot be run: {reason}").format(reason=error)) from error
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["–"]
        raise ControlError(_("jcmd has failed: {reason}").format(reason=lines[-1][:200]))


def is_java(pid: int) -> bool:
    """Whether it is a Java virtual machine that this user may look at."""
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "exe").readlink().name == "java"
    return False


def _jcmd(pid: int) -> str:
    """Return the tool of the program's own Java, or the one on the path. Raises: ControlError."""
    with suppress(OSError):
        beside = (Path("/proc") / str(pid) / "exe").readlink().parent / "jcmd"
        if os.access(beside, os.X_OK):
            return str(beside)
    found = shutil.which("jcmd")
    if found is None:
        raise ControlError(_("there is no jcmd here; it comes with a JDK"))
    return found


def _catches_quit(pid: int) -> bool:
    with suppress(OSError, ValueError, IndexError):
        text = (Path("/proc") / str(pid) / "status").read_text("ascii", "replace")
        return bool(int(text.partition("SigCgt:")[2].split(None, 1)[0], 16) & _QUIT)
    return False


def _namespace(pid: int) -> str:
    return str((Path("/proc") / str(pid) / "ns" / "mnt").readlink())
