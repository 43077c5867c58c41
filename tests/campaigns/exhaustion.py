"""Memory that runs out in a cgroup with Memtray and hogs of every size.

Run `python -m tests.campaigns.exhaustion [--without-right] [--early]` as somebody who may make
memory cgroups. Memtray is started as it is at login, and all begin with the score for the OOM
killer that sessions give to what they start; Memtray lowers its own to 0, which needs no right.
With `--without-right` all have 0, below which nobody may go who has none.

With `--early`, a daemon does in the cgroup what earlyoom does on a machine: below a tenth it ends
the process with the highest score by SIGTERM, below a twentieth by SIGKILL. (earlyoom itself cannot
be kept to a cgroup.)

After each exhaustion Memtray must answer and sample: the same run, or the next one within 20 s
after memory is free again, which says that the one before was ended.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
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
TERMINATE_SHARE, KILL_SHARE = 0.10, 0.05
"""Of memory that is left; earlyoom's own."""
SCORE = 200
"""What systemd gives to applications of a session."""
HOG = "import sys, time; keep = b'x' * (int(sys.argv[1]) << 20); time.sleep(60)"
_options = argparse.Namespace(score=SCORE, early=False)
_seen: dict[str, Counter[int]] = {"survived": Counter(), "came back": Counter()}


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

    @property
    def used_bytes(self) -> int:
        """What cannot be taken back, as for the machine `MemAvailable` leaves it out."""
        stat = dict(line.split() for line in (self.folder / "memory.stat").read_text().splitlines())
        name = "total_rss" if self._is_old else "anon"
        return int(stat[name])

    @property
    def pids(self) -> list[int]:
        return [int(pid) for pid in (self.folder / "cgroup.procs").read_text().split()]

    def start(self, *command: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a command within it."""
        script = (
            f"echo $$ > {self.folder}/cgroup.procs; echo {_options.score} > /proc/$$/oom_score_adj;"
            'exec "$0" "$@"'
        )
        return subprocess.Popen(["sh", "-c", script, *command], start_new_session=True, **options)

    def end_all(self, spared: set[int]) -> None:
        """Kill all but these."""
        for pid in set(self.pids) - spared:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill all that is in it, and remove it."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            self.end_all(set())
            with suppress(OSError):
                self.folder.rmdir()
                return
            time.sleep(0.1)


class EarlyKiller(threading.Thread):
    """Does what earlyoom does, by its rules: ten times a second at most, the highest score first.

    Sizes and thresholds are those of the cgroup.
    """

    def __init__(self, group: Group) -> None:
        super().__init__(daemon=True)
        self._group = group
        self.ended = 0
        self.is_over = False

    def run(self) -> None:
        """Watch until it is over."""
        while not self.is_over:
            with suppress(OSError):
                left = 1 - self._group.used_bytes / LIMIT_BYTES
                if left <= TERMINATE_SHARE:
                    self._end_one(signal.SIGKILL if left <= KILL_SHARE else signal.SIGTERM)
            time.sleep(0.1)

    def _end_one(self, number: signal.Signals) -> None:
        scores: dict[int, tuple[int, int]] = {}
        for pid in self._group.pids:
            with suppress(OSError, ValueError):
                score = int(Path(f"/proc/{pid}/oom_score").read_text())
                # Of equal ones the largest.
                scores[pid] = score, int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        if scores:
            with suppress(ProcessLookupError):
                os.kill(max(scores, key=lambda pid: scores[pid]), number)
                self.ended += 1
            time.sleep(0.2)


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
    score = first["protection"]["score"]
    if (score >= _options.score) is not (_options.score == 0):
        return f"its score is {score}"
    memtray = set(group.pids)
    size = rng.choice(SIZES_MIB)
    killer = EarlyKiller(group)
    if _options.early:
        killer.start()
    try:
        return _fill(group, home, started, first, size, killer, memtray, quiet)
    finally:
        killer.is_over = True


def _fill(
    group: Group,
    home: Path,
    started: list[subprocess.Popen[bytes]],
    first: dict[str, Any],
    size: int,
    killer: EarlyKiller,
    memtray: set[int],
    quiet: dict[str, Any],
) -> str | None:
    deadline = time.monotonic() + 60
    while not (group.kills or killer.ended) and time.monotonic() < deadline:
        started.append(group.start(sys.executable, "-S", "-c", HOG, str(size), **quiet))
        time.sleep(0.1)
    if not (group.kills or killer.ended):
        return f"memory did not run out (hogs of {size} MiB)"
    if _wait(lambda: _status(home), 3.0) is None:
        # Nobody who is larger than all others, and is spared by nothing, can be there meanwhile.
        time.sleep(3.0)
        shells = {each.pid for each in started[:1]}
        group.end_all(shells | memtray)
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
        _seen["survived"][size] += 1
        return None
    _seen["came back"][size] += 1
    log = ""
    with suppress(FileNotFoundError):
        log = (home / "memtray.log").read_text()
    return None if "quit unexpectedly" in log else f"came back silently (hogs of {size} MiB)"


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
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--without-right", action="store_const", const=0, dest="score", default=SCORE
    )
    parser.add_argument("--early", action="store_true")
    _options, sys.argv[1:] = parser.parse_known_args()
    code = run_campaign("exhaustion", attempt, tries=20, seconds=1500)
    for how, sizes in _seen.items():
        counts = ", ".join(f"{size} MiB: {count}" for size, count in sorted(sizes.items()))
        print(f"  {how}: {sizes.total()} ({counts})")
    sys.exit(code)
