"""A writer that is killed at any moment: no row is lost beyond ten seconds, and the store is whole.

Run `python -m tests.campaigns.kill [--tries 1000] [--seed N]`. The child writes three series by a
clock that runs some hundred times as fast as the wall's, and says how far it is. Failures: a row
older than 10 s of that clock that is not there, a store that is not whole, a value that was never
written.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.campaigns.outcome import run_campaign
from tests.history.stores import BEGIN, query
from trayapp.domain.records.series import Series
from trayapp.history.reader import HistoryReader

KEPT_SECONDS = 600
CHILD = f"""
import sys, time
from pathlib import Path
from trayapp.domain.records.series import Series
from trayapp.history.writer import HistoryWriter, Retention

writer = HistoryWriter(Path(sys.argv[1]), Retention(raw_seconds={KEPT_SECONDS}))
series = [Series("target", str(number), "rss_bytes") for number in range(3)]
second = int(sys.argv[2])
while True:
    writer.add({BEGIN} + second, [(name, 4096.0 * second) for name in series])
    writer.maintain(float(second))
    print(second, writer.problem, flush=True)
    second += 1
    time.sleep(1 / 600)
"""


def try_once(path: Path, randomness: random.Random, first: int) -> tuple[int, list[str]]:
    """Kill one writer; return how far it was, and what is wrong with what it left."""
    command = [sys.executable, "-c", CHILD, str(path), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline()]
        time.sleep(randomness.uniform(0.0, 0.25))
        child.send_signal(signal.SIGKILL)
        lines += [line for line in child.stdout.read().splitlines(True) if line.endswith("\n")]
    last = int(lines[-1].split()[0])
    wrong = [] if lines[-1].split()[1] == "None" else [f"told {lines[-1].strip()}"]
    series = Series("target", "1", "rss_bytes")
    with HistoryReader(path) as reader:
        begin = max(first, last - KEPT_SECONDS // 2)
        found = {
            round(one.start_ms / 1000 - BEGIN): one.mean
            for one in reader.stream([series], BEGIN + begin, BEGIN + last)
            if not one.stretch_seconds
        }
    missing = [second for second in range(begin, last - 10) if second not in found]
    if missing:
        wrong.append(f"{len(missing)} rows are missing, the newest {last - missing[-1]} s old")
    if any(value != 4096.0 * second for second, value in found.items()):
        wrong.append("a value that was never written")
    return last, wrong


def main() -> int:
    """Make the attempts on one store, which grows old with them."""
    first = count = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "history.sqlite3")

        def attempt(randomness: random.Random) -> str | None:
            nonlocal first, count
            last, wrong = try_once(path, randomness, first)
            # The next one looks back no farther than to its own beginning.
            first, count = last + 1, count + 1
            if count % 20 == 0 and query(path, "PRAGMA integrity_check") != [("ok",)]:
                wrong.append("the store is not whole")
            if list(path.parent.glob("*.damaged-*")):
                wrong.append("the store was moved aside")
            return "; ".join(wrong) or None

        code = run_campaign("kill", attempt, tries=1000, seconds=3600)
    print(f"  {first} seconds were written")
    return code


if __name__ == "__main__":
    sys.exit(main())
