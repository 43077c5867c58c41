"""Memory that runs out in a cgroup with Memtray and hogs of every size.

Run `python -m tests.campaigns.exhaustion` as somebody who may make memory cgroups. Memtray is
started as it is at login, and all begin with the score for the OOM killer that sessions give to
what they start; Memtray lowers its own, where that is permitted. After each exhaustion it must
answer and sample: the same run, or the next one within 20 s, which says that the one before was
ended.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.campaigns.outcome import run_campaign
from trayapp.control.client import call
from trayapp.errors import MemtrayError
from trayapp.platforms.linux import AGAIN_IF_KILLED

ROOT = Path(__file__).parents[2]
LIMIT_BYTES = 192 * 1024**2
SIZES_MIB = (2, 5, 10, 20, 40, 80, 150, 400)
BACK_SECONDS = 20.0
SCORE = 200
"""What systemd gives to applications of a session."""
HOG = "import sys, time; keep = b'x' * (int(sys.argv[1]) << 20); time.sleep(60)"
_seen = Counter[str]()


class Group:
    """A memory cgroup of either version."""

    def __init__(self) -> None:
        old = Path("/sys/fs/cgroup/memory")
        self._is_old = old.is_dir()
        self.folder = (old if self._is_old else old.parent) / f"memtray-{os.getpid()}"
        self.folder.mkdir()
        name = "memory.limit_in_bytes" if self._is_old else "memory.max"
        (self.folder / name).write_text(str(LIMIT_BYTES))

    @property
    def kills(self) -> int:
        """How many processes the kernel has killed here."""
        name = "memory.oom_control" if self._is_old else "memory.events"
        fields = dict(line.split() for line in (self.folder / name).read_text().splitlines())
        return int(fields["oom_kill"])

    def start(self, *command: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a command within it."""
        script = (
            f"echo $$ > {self.folder}/cgroup.procs; echo {SCORE} > /proc/$$/oom_score_adj;"
            'exec "$0" "$@"'
        )
        return subprocess.Popen(["sh", "-c", script, *command], start_new_session=True, **options)

    def end(self) -> None:
        """Kill all that is in it, and remove it."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for pid in (self.folder / "cgroup.procs").read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            with suppress(OSError):
                self.folder.rmdir()
                return
            time.sleep(0.1)


def attempt(rng: random.Random) -> str | None:
    """Let memory run out once; return what was wrong then."""
    group = Group()
    started: list[subprocess.Popen[bytes]] = []
    try:
        with tempfile.TemporaryDirectory(prefix="memtray-exhaustion-") as folder:
            try:
                return _exhaust(rng, group, Path(folder), started)
            finally:
                group.end()
                for process in started:
                    process.wait()
    finally:
        if group.folder.exists():
            group.end()


def _exhaust(
    rng: random.Random, group: Group, home: Path, started: list[subprocess.Popen[bytes]]
) -> str | None:
    env = {key: value for key, value in os.environ.items() if key != "XDG_RUNTIME_DIR"}
    env |= {"MEMTRAY_HOME": str(home), "LC_ALL": "C.UTF-8"}
    again = AGAIN_IF_KILLED.replace("sleep 5", "sleep 1")
    command = (sys.executable, "-m", "trayapp", "start", "--headless", "--interval", "0.5s")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT, "env": env}
    started.append(group.start("sh", "-c", again, *command, **quiet))
    first = _wait(lambda: _status(home), BACK_SECONDS)
    if first is None:
        return "did not start"
    size = rng.choice(SIZES_MIB)
    deadline = time.monotonic() + 60
    while not group.kills and time.monotonic() < deadline:
        started.append(group.start(sys.executable, "-S", "-c", HOG, str(size), **quiet))
        time.sleep(0.1)
    if not group.kills:
        return f"memory did not run out (hogs of {size} MiB)"
    before = _wait(lambda: _status(home), BACK_SECONDS)
    if before is None:
        return f"does not answer after hogs of {size} MiB"

    def goes_on() -> dict[str, Any] | None:
        now = _status(home)
        return now if now and now["sample_count"] > before["sample_count"] else None

    after = _wait(goes_on, BACK_SECONDS)
    if after is None:
        return f"does not sample after hogs of {size} MiB"
    if after["app"]["pid"] == first["app"]["pid"]:
        _seen["survived"] += 1
        return None
    _seen["came back"] += 1
    log = (home / "memtray.log").read_text()
    return None if "ended unexpectedly" in log else f"came back silently (hogs of {size} MiB)"


def _status(home: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = call(home / "run", "status", timeout_seconds=3.0)
    except MemtrayError:
        return None
    return found if found.get("app") and found["stalled_since"] is None else None


def _wait(condition: Callable[[], dict[str, Any] | None], seconds: float) -> dict[str, Any] | None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.2)
    return None


if __name__ == "__main__":
    code = run_campaign("exhaustion", attempt, tries=20, seconds=900)
    print(json.dumps(_seen))
    sys.exit(code)
