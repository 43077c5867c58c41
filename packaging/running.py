"""Print which Memtray runs from an environment, or quit it: `running.py ENVIRONMENT [--quit]`.

For packaging/run, by the Python of that environment, whatever version of Memtray it has.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil

WAIT_SECONDS, PAUSE_SECONDS = 20.0, 0.1


def applets(environment: Path) -> list[psutil.Process]:
    """This user's Memtrays (not their windows) whose Python is in the environment."""
    me = psutil.Process()
    found = []
    for process in psutil.process_iter():
        try:
            if process.uids().real == me.uids().real and is_applet(process.cmdline(), environment):
                found.append(process)
        except psutil.Error:
            continue
    return found


def is_applet(words: list[str], environment: Path) -> bool:
    """Whether a command line starts Memtray: `python -m trayapp …` or `python …/memtray …`."""
    if len(words) < 2 or Path(words[0]).parent.resolve() != (environment / "bin").resolve():
        return False
    if words[1:3] == ["-m", "trayapp"]:
        rest = words[3:]
    elif Path(words[1]).name == "memtray":
        rest = words[2:]
    else:
        return False
    return not rest or rest[0] == "start" or rest[0].startswith("-")


def main(environment: Path, *, is_quitting: bool) -> int:
    found = applets(environment)
    if not is_quitting:
        print(*(process.pid for process in found))
        return 0
    for process in found:
        process.terminate()
    deadline = time.monotonic() + WAIT_SECONDS
    while any(has_code_loaded(process) for process in found):
        if time.monotonic() > deadline:
            return 1
        time.sleep(PAUSE_SECONDS)
    return 0


def has_code_loaded(process: psutil.Process) -> bool:
    """Whether it runs; one that only waits for its parent to take notice does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), is_quitting="--quit" in sys.argv[2:]))
