"""Receivers that stream, stall or send elsewhere: the delivery child stays small and ends.

By hand: `python -m tests.campaigns.receivers [--tries N] [--seed N] [--seconds N]`.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns.outcome import run_campaign
from tests.delivery.telling import Receiver, serving, transition
from trayapp.applet.children import package_parent
from trayapp.delivery.answer_limits import ADDRESS_SPACE_BYTES
from trayapp.delivery.spool import Spool

MESSAGE_SECONDS = 3.0
"""Instead of a minute, for the child to give up."""
MOST_SECONDS = 15.0
_CHILD = (
    "import sys; from trayapp.delivery import answer_limits as limits;"
    f"limits.MESSAGE_SECONDS = {MESSAGE_SECONDS};"
    "from trayapp.cli.main import main; sys.exit(main())"
)
# What `wait4` tells of a child is no less than what its parent had when it forked (Linux 6.18): a
# small parent between the two, as the tests' own may be larger than the child may become.
_MEASURED = """
import os, sys
child = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ)
_pid, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How one run of the delivery child went."""

    code: int
    complaint: str
    peak_bytes: int
    seconds: float


def deliver_once(url: str, home: Path) -> Delivery:
    """Send one alert to an address, by a real child with a home of its own."""
    settings = home / "memtray.toml"
    settings.write_text(f"[[channels]]\nname = 'hook'\nurl = '{url}'\n")
    settings.chmod(0o600)
    Spool(home / "outbox").put("hook", transition(wall_seconds=time.time()))
    began = time.monotonic()
    child = subprocess.run(
        [
            *(sys.executable, "-c", _MEASURED),
            *("-c", _CHILD, "deliver", "--config", str(settings), "--", "hook"),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd=package_parent(),
        env={**os.environ, "MEMTRAY_HOME": str(home)},
    )
    return Delivery(
        code=child.returncode,
        complaint=child.stderr.strip(),
        peak_bytes=int(child.stdout) * 1024,
        seconds=time.monotonic() - began,
    )


def _attempt(chance: random.Random) -> str | None:
    how = chance.choice(Receiver.WAYS)
    with tempfile.TemporaryDirectory() as home, serving(Receiver(how)) as receiver:
        told = deliver_once(f"json://127.0.0.1:{receiver.port}/", Path(home))
    is_said = told.complaint.startswith("memtray: ") and "\n" not in told.complaint
    if (
        told.code
        and is_said
        and told.peak_bytes < ADDRESS_SPACE_BYTES
        and told.seconds < MOST_SECONDS
    ):
        return None
    return f"{how}: {told}"


if __name__ == "__main__":
    sys.exit(run_campaign("receivers", _attempt, tries=60, seconds=600))
