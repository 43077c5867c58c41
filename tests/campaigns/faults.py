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
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

from tests.campaigns.faulty_applet import POINTS, THREADS
from tests.desktop.desktop import VirtualDesktop
from trayapp.control.client import call
from trayapp.errors import MemtrayError

ROOT = Path(__file__).parents[2]
INTERVAL_SECONDS = 0.5
TOLD_SECONDS = 3 * INTERVAL_SECONDS + 1.0
"""Three intervals, and what it takes to be seen from outside."""
BACK_SECONDS = 30.0
ERRORS = ("MemoryError", "ValueError", "OSError", "RecursionError", "KeyError", "SystemExit")


HANG_SECONDS = 6.0
HANGING = {
    "read": "sampler",
    "judge": "sampler",
    "keep": "sampler",
    "maintain": "sampler",
    "settings": "sampler",
    "delivery": "sampler",
    "cleanup": "sampler",
    "windows": "sampler",
    "serve": "control",
    "receive": "control",
    "notify": "notifier",
    "watch": "watchdog",
    "tray": "tray",
}
"""Who does not respond while a method hangs, and is to be named."""


class Fault(NamedTuple):
    """One thing that is done to the applet."""

    words: tuple[str, ...]

    @property
    def line(self) -> str:
        return "\t".join(self.words)


class FaultyApplet:
    """A running `faulty_applet`."""

    def __init__(
        self, home: Path, *options: str, environment: Mapping[str, str] = os.environ
    ) -> None:
        """`options`: `--tray` for an icon in the panel that `environment` has."""
        self.home = home
        self._file = home / "seen.json"
        self._file.unlink(missing_ok=True)
        home.mkdir(exist_ok=True)
        # Injecting and observing costs more than a budget allows, and is not to slow it down.
        (home / "memtray.toml").write_text(
            "[budget]\ncpu_percent = 100\n[delivery]\ndesktop = false\n"
        )
        env = {key: value for key, value in environment.items() if not key.startswith("XDG_RUN")}
        env |= {"MEMTRAY_HOME": str(home), "LC_ALL": "C.UTF-8"}
        self._env = env
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaigns.faulty_applet", str(self._file), *options],
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


def faults(rng: random.Random, tries: int, *, with_tray: bool = False) -> list[Fault]:
    """Every thread and every guard in turn, with another error each time."""
    places = [("thread", name) for name in THREADS]
    places += [("call", name) for name in POINTS if name != "tray" or with_tray]
    places += [("hang", name) for name in HANGING if name != "tray" or with_tray]
    found = []
    for number in range(tries):
        verb, name = places[number % len(places)]
        if verb == "hang":
            found.append(Fault((verb, name, str(HANG_SECONDS))))
            continue
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
    if fault.words[0] == "hang":
        return _judge_hang(applet, HANGING[fault.words[1]], before["hung"])
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
    return _wait_until_whole(applet)


def _judge_hang(applet: FaultyApplet, part: str, hung_before: int) -> str:
    def has_hung(seen: dict[str, Any]) -> bool:
        if seen["hung"] > hung_before:
            return True
        applet.ask("statistics", 0.3)
        return False

    if not applet.wait(has_hung, BACK_SECONDS):
        return "it has not hung"

    def is_told(seen: dict[str, Any]) -> bool:
        return bool(seen["stalled"] if part == "sampler" else part in seen["hanging"])

    if not applet.wait(lambda seen: is_told(seen) and bool(seen["problems"]), TOLD_SECONDS):
        return f"nothing told of {part}"
    if not applet.wait(lambda seen: not is_told(seen), BACK_SECONDS):
        return f"{part} is told for ever"
    return _wait_until_whole(applet)


def _wait_until_whole(applet: FaultyApplet) -> str:
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
    parser.add_argument("--tray", action="store_true", help="with an icon in a virtual desktop")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    failures, began = 0, time.monotonic()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="memtray-faults-"))
        env: Mapping[str, str] = os.environ
        if options.tray:
            env = stack.enter_context(VirtualDesktop()).env

        def start() -> FaultyApplet:
            return FaultyApplet(Path(folder), *["--tray"] * options.tray, environment=env)

        applet = start()
        told = 0
        for fault in faults(random.Random(seed), options.tries, with_tray=options.tray):
            before = applet.seen()["noted"]
            wrong = judge(applet, fault)
            told += applet.seen().get("noted", 0) > before
            if wrong:
                failures += 1
                print(f"{fault.line}: {wrong}", flush=True)
                applet.end()
                applet = start()
        raised = applet.seen().get("raised")
        code = applet.end()
    failures += code != 0
    took = time.monotonic() - began
    print(f"faults: {options.tries} tries, {failures} failures, seed {seed}, {took:.0f} s")
    print(f"{told} times told, {raised} raised in calls, exit code {code}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
