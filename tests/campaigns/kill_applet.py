"""The running applet is killed at any moment: no sample is lost beyond 10 s, and the next tells it.

Run `python -m tests.campaigns.kill_applet [--tries 1000] [--seed N] [--at-once 6] [--tray]`; with
`--tray` each shows its icon in the panel of a virtual desktop. Several homes grow old side by side:
in each, Memtray is started, killed within 20 s, and started again. Each run notes its samples in a
file beside the history. Failures: a sample older than 10 s at the kill that is not there, one that
never was, a store that is not whole, a next start that does not say that the one before ended
unexpectedly, or says a duration that is not between the one since the last sample and 35 s more.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

from tests.desktop.desktop import VirtualDesktop
from tests.history.stores import query
from trayapp.domain.judging.monitor_values import USED
from trayapp.history.reader import HistoryReader
from trayapp.paths import LOCK_NAME

ROOT = Path(__file__).parents[2]
LOST_SECONDS = 10.0
TOUCHED_SECONDS = 35.0
"""How far back it may have been when the run was noted to be alive last."""
CHILD = """
import math, os, sys
from pathlib import Path
from trayapp.applet.app import App
from trayapp.applet.session_store import SessionStore
from trayapp.paths import current_paths

notes = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
keep = SessionStore.add_outcome

def note(self, wall_seconds, outcome, mark):
    keep(self, wall_seconds, outcome, mark)
    os.write(notes, b"%d %d\\n" % (math.floor(wall_seconds * 1000), outcome.view.system.used_bytes))

SessionStore.add_outcome = note
out = open(os.devnull, "w")
headless = "--tray" not in sys.argv
sys.exit(App(current_paths(), headless=headless, interval_seconds=1.0, out=out).run())
"""
SETTINGS = "[budget]\ncpu_percent = 100\n[delivery]\ndesktop = false\n"
TOLD = re.compile(r"quit unexpectedly: no samples for (?:(\d+) min)? ?(?:(\d+) s)?")


class Home:
    """The files of one Memtray that is killed again and again."""

    def __init__(self, folder: Path, env: dict[str, str], *, tray: bool) -> None:
        self._folder = folder
        self._options = ["--tray"] if tray else []
        folder.mkdir()
        (folder / "memtray.toml").write_text(SETTINGS)
        self._env = {key: env[key] for key in env if not key.startswith("XDG_RUN")}
        self._env |= {"MEMTRAY_HOME": str(folder), "LC_ALL": "C.UTF-8"}
        self._notes = folder / "notes"
        self._found_ms: list[int] = []
        """Of the last minute, what was there after the kill before: it is to stay."""
        self._tellings = 0
        self._due: float | None = None
        """When the run before was alive last; None: nothing is to be told."""
        self.samples = 0

    def try_once(self, number: int, randomness: random.Random) -> list[str]:
        """Start, kill, and return what is wrong with what is left."""
        # Some die while they start.
        seconds = randomness.choice((randomness.uniform(0.2, 2.5), randomness.uniform(2.5, 20.0)))
        began = time.time()
        with subprocess.Popen(
            [sys.executable, "-c", CHILD, str(self._notes), *self._options],
            cwd=ROOT,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process:
            time.sleep(seconds)
            ended = process.poll()
            process.send_signal(signal.SIGKILL)
            _out, errors = process.communicate()
            killed = time.time()
        wrong = [f"ended with {ended}: {errors[-300:]!r}"] if ended is not None else []
        wrong += ["a traceback"] if b"Traceback" in errors else []
        noted = self._read_notes()
        has_sampled = any(at_ms >= 1000 * began for at_ms in noted)
        wrong += self._check_telling(began, has_sampled=has_sampled)
        wrong += self._check_rows(noted, began, killed)
        if number % 5 == 0 and query(self._history, "PRAGMA integrity_check") != [("ok",)]:
            wrong.append("the store is not whole")
        if list(self._folder.glob("*.damaged-*")):
            wrong.append("the store was moved aside")
        lock = self._folder / "run" / LOCK_NAME
        is_left = lock.exists() and lock.read_bytes().strip() == b"%d" % process.pid
        if is_left:
            latest = max(noted, default=0) / 1000
            self._due = max(latest, lock.stat().st_mtime)
        return wrong

    @property
    def _history(self) -> Path:
        return self._folder / "history.sqlite3"

    def _read_notes(self) -> dict[int, int]:
        if not self._notes.exists():
            return {}
        lines = [line.split() for line in self._notes.read_text().splitlines(keepends=False)]
        self.samples = len(lines)
        return {int(line[0]): int(line[1]) for line in lines}

    def _check_rows(self, noted: dict[int, int], began: float, killed: float) -> list[str]:
        until_ms = 1000 * (killed - LOST_SECONDS)
        expected = self._found_ms + [at_ms for at_ms in noted if 1000 * began <= at_ms < until_ms]
        if not expected:
            return []
        with closing(HistoryReader(self._history)) as reader:
            found = {
                row.start_ms: row.mean
                for row in reader.stream([USED], min(expected) / 1000 - 1, killed)
                if not row.stretch_seconds
            }
        self._found_ms = [at_ms for at_ms in found if at_ms >= 1000 * (killed - 60)]
        missing = [at_ms for at_ms in expected if at_ms not in found]
        wrong = []
        if missing:
            age_seconds = killed - max(missing) / 1000
            wrong.append(f"{len(missing)} rows missing, the newest {age_seconds:.1f} s old")
        if any(noted.get(at_ms, used) != used for at_ms, used in found.items()):
            wrong.append("a value that was never written")
        return wrong

    def _check_telling(self, began: float, *, has_sampled: bool) -> list[str]:
        log = self._folder / "memtray.log"
        found = TOLD.findall(log.read_text()) if log.exists() else []
        news, self._tellings = found[self._tellings :], len(found)
        due, self._due = self._due, None
        if due is None:
            return ["told without reason"] if news else []
        if not news:
            if has_sampled:
                return ["not told"]
            self._due = due  # Killed before it could; the next one is to.
            return []
        minutes, seconds = news[-1]
        told_seconds = 60 * int(minutes or 0) + int(seconds or 0)
        passed_seconds = began - due
        if not passed_seconds - 1.5 <= told_seconds <= passed_seconds + TOUCHED_SECONDS:
            return [f"told {told_seconds:.0f} s of {passed_seconds:.1f} s"]
        return []


def run_home(number: int, folder: Path, options: argparse.Namespace) -> tuple[list[str], int]:
    """Make one home's share of the attempts; return what went wrong, and its samples."""
    share = len(range(number, options.tries, options.at_once))
    failures = []
    with ExitStack() as stack:
        env = dict(os.environ)
        if options.tray:
            env = stack.enter_context(VirtualDesktop()).env
        home = Home(folder / str(number), env, tray=options.tray)
        for attempt in range(share):
            seed = options.seed + number + attempt * options.at_once
            randomness = random.Random(seed)
            failures += [f"seed {seed}: {each}" for each in home.try_once(attempt, randomness)]
            time.sleep(randomness.uniform(0.0, 1.0))
        if query(folder / str(number) / "history.sqlite3", "PRAGMA integrity_check") != [("ok",)]:
            failures.append(f"home {number}: the store is not whole at the end")
    for failure in failures:
        print(failure, file=sys.stderr, flush=True)
    return failures, home.samples


def main() -> int:
    """Make the attempts in several homes at once."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.kill_applet")
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=6)
    parser.add_argument("--tray", action="store_true")
    options = parser.parse_args()
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="memtray-kill-") as name,
        ThreadPoolExecutor(options.at_once) as pool,
    ):
        jobs = [
            pool.submit(run_home, number, Path(name), options) for number in range(options.at_once)
        ]
        results = [job.result() for job in jobs]
    failures = [each for found, _samples in results for each in found]
    took = time.monotonic() - began
    print(
        f"kill_applet: {options.tries} tries, {len(failures)} failures, seed {options.seed}, "
        f"{took:.0f} s"
    )
    print(f"  {sum(samples for _found, samples in results)} samples were taken")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
