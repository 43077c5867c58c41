"""Print which Memtray runs from an environment, or quit it: `running.py ENVIRONMENT [--quit]`.

For packaging/run, by the Python of that environment, whatever version of Memtray it has.
"""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

WAIT_SECONDS = 20.0


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
    _gone, alive = psutil.wait_procs(found, timeout=WAIT_SECONDS)
    return 1 if alive else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), is_quitting="--quit" in sys.argv[2:]))
