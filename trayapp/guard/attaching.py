"""`memtray attach`: the Python probe in a program that runs already, by `sys.remote_exec`.

Python 3.14 and later run a script in another process of the same version (PEP 768). So the other
process's own interpreter is what asks it to.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, endpoint_name
from trayapp.dataclass import NamedTuple
from trayapp.errors import ControlError, MemtrayError, UsageError
from trayapp.guard.python_loader import PRELOAD
from trayapp.language.catalogue import _
from trayapp.readers.procfile import read_started

OLDEST = (3, 14)
ASK_SECONDS = 20.0
"""For the interpreter that is started to ask."""
START_SECONDS = 10.0
"""For the program to start the probe: its main thread has to run Python code for that."""
_PAUSE_SECONDS = 0.05
_PROC = Path("/proc")
_INTERPRETER = re.compile(r"python(3(\.\d+)?t?)?", re.ASCII)
_KEPT_VARIABLES = ("PYTHONHOME", "LD_LIBRARY_PATH")
"""Of the program's environment: without them its interpreter may not find itself."""
_ASK = """
import sys
print("%d.%d" % sys.version_info[:2])
if not hasattr(sys, "remote_exec"):
    sys.exit("none")
try:
    sys.remote_exec(int(sys.argv[1]), sys.argv[2])
except Exception as error:
    sys.exit(type(error).__name__ + ": " + str(error))
"""
_SCRIPT = """
import os, runpy
try:
    os.unlink({script!r})
except OSError:
    pass
runpy.run_path({preload!r}, {{"folder": {folder!r}}}, "memtray_attach")
"""


class Attached(NamedTuple):
    """What became of it."""

    pid: int
    version: str
    """Of its Python: "3.14"."""
    has_probe: bool
    """Whether the probe answers; if not, the program starts it when it next runs Python code."""


def attach(pid: int, runtime: Path) -> Attached:
    """Start the probe in a process; blocks for half a minute at most. Linux.

    runtime: the folder in which the probe is to listen.

    Raises: UsageError if there is no such process or it is not Python 3.14 or later, ControlError
    if the system or the program's build forbids it; in one line, with the reason.
    """
    if sys.platform != "linux":
        raise UsageError(_("attaching works on Linux only"))
    name = _endpoint(pid)
    if _answers(runtime, name):
        raise UsageError(_("process {pid} has a probe already").format(pid=pid))
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(runtime)
    script = runtime / f"attach-{pid}-{os.urandom(4).hex()}.py"
    text = _SCRIPT.format(
        script=str(script), preload=str(PRELOAD / "sitecustomize.py"), folder=str(runtime)
    )
    descriptor = os.open(script, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    try:
        version = _ask(pid, script)
    except BaseException:
        with suppress(OSError):
            script.unlink()
        raise
    deadline = time.monotonic() + START_SECONDS
    while not (has_probe := _answers(runtime, name)) and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    return Attached(pid, version, has_probe)


def _sweep(runtime: Path) -> None:
    """Remove scripts that no program will run any more, as it has ended."""
    for file in runtime.glob("attach-*-*.py"):
        pid = file.name.split("-")[1]
        if not (_PROC / pid).exists():
            with suppress(OSError):
                file.unlink()


def _endpoint(pid: int) -> str:
    try:
        return endpoint_name(PROBE, pid, read_started("/proc", pid))
    except (OSError, ValueError):
        raise UsageError(_("there is no process {pid}").format(pid=pid)) from None


def _answers(runtime: Path, name: str) -> bool:
    try:
        call(runtime, "report", {}, 2.0, name=name, answer_limit_bytes=1 << 20)
    except MemtrayError:
        return False
    return True


def _ask(pid: int, script: Path) -> str:
    """Have the process's own interpreter ask it; return its version. Raises: as `attach`."""
    interpreter = _interpreter(pid)
    command = [str(interpreter), "-B", "-S", "-s", "-c", _ASK, str(pid), str(script)]
    try:
        done = subprocess.run(
            command,
            env=_environment(pid),
            cwd="/",  # whose files Python would import otherwise
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ASK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        text = _("the Python of process {pid} cannot be started: {reason}")
        raise ControlError(text.format(pid=pid, reason=error)) from error
    version = done.stdout.strip()[:10]
    if done.returncode == 0:
        return version
    if done.stderr.strip() == "none":
        raise UsageError(_too_old(pid, version))
    raise ControlError(_refusal(pid, done.stderr.strip()))


def _interpreter(pid: int) -> Path:
    try:
        target = (_PROC / str(pid) / "exe").readlink()
    except OSError as error:
        text = _("process {pid} cannot be looked at: {reason}")
        raise ControlError(text.format(pid=pid, reason=error.strerror)) from error
    # Anything else is not to be started with options of Python's.
    if _INTERPRETER.fullmatch(target.name) is None:
        text = _("process {pid} is not a Python program: it runs {name}")
        raise UsageError(text.format(pid=pid, name=repr(target.name)))
    return target


def _environment(pid: int) -> dict[str, str]:
    found = {"PATH": os.defpath}
    with suppress(OSError):
        for entry in (_PROC / str(pid) / "environ").read_bytes().split(b"\0"):
            name, _equals, value = os.fsdecode(entry).partition("=")
            if name in _KEPT_VARIABLES:
                found[name] = value
    return found


def _too_old(pid: int, version: str) -> str:
    text = _(
        "process {pid} runs Python {version}, and attaching needs Python {oldest} or later; "
        "start the program with: memtray run -- COMMAND"
    )
    return text.format(pid=pid, version=version or "–", oldest="%d.%d" % OLDEST)  # noqa: UP031


def _refusal(pid: int, told: str) -> str:
    """Return why it was refused, and what to do."""
    kind, _colon, reason = (told.splitlines() or [""])[-1].partition(": ")
    if "not enabled" in reason or "disabled" in reason or "not supported" in reason:
        text = _(
            "the Python of process {pid} forbids attaching ({reason}); start the program with: "
            "memtray run -- COMMAND"
        )
        return text.format(pid=pid, reason=reason)
    scope = ""
    with suppress(OSError):
        scope = Path("/proc/sys/kernel/yama/ptrace_scope").read_text("ascii").strip()
    if kind == "PermissionError" and scope not in ("", "0"):
        text = _(
            "the system does not let one program look into another "
            "(kernel.yama.ptrace_scope is {scope}); run this as root, or start the program with: "
            "memtray run -- COMMAND"
        )
        return text.format(scope=scope)
    text = _("process {pid} cannot be attached to: {reason}")
    return text.format(pid=pid, reason=reason or kind or "–")
