"""Faults in every thread and every guard: Memtray lives on, or says within three intervals.

Run `python -m tests.campaigns.faults [--tries 100] [--seed N]`; prints tries, failures and the
seed, and ends by itself after about four seconds per try.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from tests.campaigns.faulty_applet import POINTS, THREADS
from trayapp.control.client import call
from trayapp.errors import MemtrayError

ROOT = Path(__file__).parents[2]
INTERVAL_SECONDS = 0.5
TOLD_SECONDS = 3 * INTERVAL_SECONDS + 1.0
"""Three intervals, and what it takes to be seen from outside."""
BACK_SECONDS = 30.0
ERRORS = ("MemoryError", "ValueError", "OSError", "RecursionError", "KeyError", "SystemExit")


class Fault(NamedTuple):
    """One thing that is done to the applet."""

    words: tuple[str, ...]

    @property
    def line(self) -> str:
        return "\t".join(self.words)


class FaultyApplet:
    """A running `faulty_applet`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._file = home / "seen.json"
        self._file.unlink(missing_ok=True)
        home.mkdir(exist_ok=True)
        # Injecting and observing costs more than a budget allows, and is not to slow it down.
        (home / "memtray.toml").write_text(
            "[budget]\ncpu_percent = 100\n[delivery]\ndesktop = false\n"
        )
        env = {key: value for key, value in os.environ.items() if not key.startswith("XDG_RUN")}
        env |= {"MEMTRAY_HOME": str(home), "LC_ALL": "C.UTF-8"}
        self._env = env
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaigns.faulty_applet", str(self._file)],
            stdin=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=env,
        )
        if not self.wait(lambda seen: bool(seen["samples"]), 30.0):
            raise RuntimeError("the applet does not start")

    def seen(self) -> dict[str, Any]:
        """What menu and `status` know now; empty before the first."""
        with suppress(OSError, ValueError):
            found = json.loads(self._file.read_text())
            if isinstance(found, dict):
                return found
        return {}

    def wait(self, condition: Callable[[dict[str, Any]], bool], seconds: float) -> bool:
        """Return whether this becomes so in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            seen = self.seen()
            if seen and condition(seen):
                return True
            time.sleep(0.05)
        return False

    def inject(self, *words: str) -> None:
        """Put a fault into it, see `faulty_applet`."""
        assert self.process.stdin is not None
        self.process.stdin.write("\t".join(words) + "\n")
        self.process.stdin.flush()

    def ask(self, verb: str = "status", timeout_seconds: float = 1.0) -> dict[str, object] | None:
        """Return its answer; None: there was none in time, or an error."""
        try:
            return call(self.home / "run", verb, timeout_seconds=timeout_seconds)
        except MemtrayError:
            return None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of Memtray's, as a person does."""
        command = [sys.executable, "-m", "trayapp", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self._env, capture_output=True, text=True, timeout=60
        )

    def is_whole(self) -> bool:
        """Return whether all its threads live, it samples, and it answers."""
        before = self.seen().get("samples", 0)
        return (
            self.wait(
                lambda seen: set(THREADS) <= set(seen["threads"]) and seen["samples"] > before, 5.0
            )
            and self.ask() is not None
        )

    def end(self) -> int:
        """Let it end as a session does; return its exit code."""
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()
        self.process.terminate()
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def faults(rng: random.Random, tries: int) -> list[Fault]:
    """Every thread and every guard in turn, with another error each time."""
    places = [("thread", name) for name in THREADS] + [("call", name) for name in POINTS]
    found = []
    for number in range(tries):
        verb, name = places[number % len(places)]
        error = "MemoryError" if number // len(places) == 0 else rng.choice(ERRORS)
        times = () if verb == "thread" else (str(rng.choice((1, 1, 2, 5))),)
        found.append(Fault((verb, name, error, *times)))
    rng.shuffle(found)
    return found


def judge(applet: FaultyApplet, fault: Fault) -> str:
    """Put a fault in; return what was wrong with what followed, or nothing."""
    before = applet.seen()
    applet.inject(*fault.words)
    # Who sleeps until somebody comes is woken by that.
    applet.ask("statistics", 0.3)
    alive_or_told = applet.wait(
        lambda seen: (
            (seen["samples"] > before["samples"] and set(THREADS) <= set(seen["threads"]))
            or (seen["noted"] > before["noted"] and bool(seen["problems"]))
            or seen["stalled"]
        ),
        TOLD_SECONDS,
    )
    if applet.process.poll() is not None:
        return "the applet has ended"
    if not alive_or_told:
        return "neither alive nor told"
    deadline = time.monotonic() + BACK_SECONDS
    while not applet.is_whole():
        if time.monotonic() > deadline:
            return "not whole again"
    return ""


def main() -> int:
    """Run the campaign; return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    failures, began = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="memtray-faults-") as folder:
        applet = FaultyApplet(Path(folder))
        told = 0
        for fault in faults(random.Random(seed), options.tries):
            before = applet.seen()["noted"]
            wrong = judge(applet, fault)
            told += applet.seen().get("noted", 0) > before
            if wrong:
                failures += 1
                print(f"{fault.line}: {wrong}", flush=True)
                applet.end()
                applet = FaultyApplet(Path(folder))
        raised = applet.seen().get("raised")
        code = applet.end()
    failures += code != 0
    took = time.monotonic() - began
    print(f"faults: {options.tries} tries, {failures} failures, seed {seed}, {took:.0f} s")
    print(f"{told} times told, {raised} raised in calls, exit code {code}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
