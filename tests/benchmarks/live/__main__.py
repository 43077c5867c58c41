"""Caches beside leaks, live: `python -m tests.benchmarks.live [--minutes 40] [--no-staleness]`.

Twelve real caches that fill and are read, and twelve real leaks, as targets of one headless
applet: what it told of whom, and when. A thirteenth cache is not read, and counts for neither.
Needs redis, memcached, squid, varnish, unbound, tmux, perl, ruby, php, node, a JDK and a C compiler
(Debian: redis-server memcached squid varnish unbound tmux ruby php-cli nodejs
default-jdk-headless gcc). Prints a table; asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.benchmarks.live.programs import Program, programs, write_sources
from tests.benchmarks.live.servers import drive

_KINDS = {True: "leak", False: "cache", None: "unread"}


def main() -> None:
    """Run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--no-staleness", action="store_true", help="judge by the curve alone")
    parser.add_argument("--keep", type=Path, help="keep the applet's history and journal here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="memtray-live-") as name:
        folder = Path(name)
        # Servers that drop their rights write here, too.
        folder.chmod(0o777)
        write_sources(folder)
        subprocess.run(["javac", "-d", name, f"{name}/Live.java"], check=True)
        subprocess.run(["cc", "-O1", "-o", f"{name}/leak", f"{name}/leak.c"], check=True)
        everyone = programs(folder, sys.executable)
        home = folder / "home"
        home.mkdir()
        (home / "memtray.toml").write_text(
            _settings(everyone, staleness=not arguments.no_staleness)
        )
        told = _run(everyone, home, 60 * arguments.minutes)
        if arguments.keep:
            shutil.copytree(
                home, arguments.keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock")
            )
    _print(everyone, told, arguments.minutes)


def _settings(everyone: list[Program], *, staleness: bool) -> str:
    lines = ["[leak]", f"staleness = {str(staleness).lower()}"]
    for program in everyone:
        lines += ["[[targets]]", f'name = "{program.name}"', f'match = "{program.match}"']
    return "\n".join(lines) + "\n"


def _run(everyone: list[Program], home: Path, seconds: float) -> dict[str, list[tuple[float, str]]]:
    environment = {**os.environ, "MEMTRAY_HOME": str(home), "LC_ALL": "C.UTF-8"}
    stop, children = threading.Event(), []
    quiet = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    told: dict[str, list[tuple[float, str]]] = {program.name: [] for program in everyone}
    try:
        for program in everyone:
            children.append(subprocess.Popen(program.command, start_new_session=True, **quiet))  # type: ignore[call-overload]
            if program.connect is not None:
                asked = (stop, program.connect, program.new, program.again)
                threading.Thread(target=drive, args=asked, daemon=True).start()
        began = time.time()
        memtray = [sys.executable, "-m", "trayapp"]
        applet = subprocess.Popen(
            [*memtray, "start", "--headless"], env=environment, start_new_session=True, **quiet
        )  # type: ignore[call-overload]
        children.append(applet)
        while time.time() - began < seconds and applet.poll() is None:
            time.sleep(15)
            _note(told, memtray, environment, began)
        return told
    finally:
        stop.set()
        for child in children:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                print("ended early:", *child.args[:3], file=sys.stderr)
            child.wait()


def _note(
    told: dict[str, list[tuple[float, str]]],
    memtray: list[str],
    environment: dict[str, str],
    began: float,
) -> None:
    """Write down each change of a target's verdict, with what is known of its staleness."""
    asked = subprocess.run(
        [*memtray, "status", "--json"], env=environment, capture_output=True, check=False
    )
    try:
        targets = json.loads(asked.stdout)["targets"]
    except (ValueError, KeyError):
        return
    for target in targets:
        changes = told.get(target["name"])
        if changes is None:
            continue
        now = f"{target.get('verdict')} {_stale(target.get('staleness'))}".strip()
        if not changes or changes[-1][1] != now:
            changes.append((time.time() - began, now))


def _stale(staleness: dict[str, float] | None) -> str:
    if not staleness:
        return ""
    low, high = staleness["untouched_share_low"], staleness["untouched_share_high"]
    return f"[{100 * low:.0f}-{100 * high:.0f}% idle for {staleness['waited_seconds']:.0f} s]"


def _print(
    everyone: list[Program], told: dict[str, list[tuple[float, str]]], minutes: float
) -> None:
    delays, called = [], {True: 0, False: 0, None: 0}
    print(f"{'program':<18} {'is':<6} verdicts, by minutes")
    for program in sorted(everyone, key=lambda each: (_KINDS[each.leaks], each.name)):
        changes = told[program.name]
        first = next((at for at, what in changes if what.startswith("leaking")), None)
        if first is not None:
            called[program.leaks] += 1
            if program.leaks:
                delays.append(first / 60)
        line = ", ".join(f"{at / 60:.1f} {what}" for at, what in changes)
        print(f"{program.name:<18} {_KINDS[program.leaks]:<6} {line}")
    leaks, caches = (sum(each.leaks is kind for each in everyone) for kind in (True, False))
    everything = called[True] + called[False]
    print(
        f"{minutes:g} min: called leaking {called[True]} of {leaks} leaks and {called[False]} of"
        f" {caches} caches ({called[None]} that nobody reads);"
        f" precision {called[True] / everything if everything else 1:.2f},"
        f" recall {called[True] / leaks:.2f},"
        f" median delay {statistics.median(delays) if delays else float('nan'):.1f} min"
    )


if __name__ == "__main__":
    main()
