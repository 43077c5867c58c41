"""A target that stands still is told by one and the same record, of real processes."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing

from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.frames import TargetSample
from trayapp.readers.frames import MachineReader

MOST_FRAMES = 500
GROWING = """
import sys, time
print("ready", flush=True)
kept = []
for line in sys.stdin:
    kept.append(bytearray(b"x") * (8 << 20))
    print("grown", flush=True)
# A mark for the rule: still-but-growing
"""


def test_the_same_record_until_something_changes() -> None:
    """What stands still is the same record; what has grown is another one, with its new size."""
    rule = TargetRule(name="job", match="still-but-growing")
    with (
        subprocess.Popen(
            [sys.executable, "-c", GROWING], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as program,
        closing(MachineReader([rule], app_pid=0)) as machine,
    ):
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdout.readline()
        now = 1000.0

        def settled(seconds: float) -> TargetSample:
            """Return the record that comes a second time, though time passes."""
            before = None
            for at in range(MOST_FRAMES):
                frame = machine.read_frame(seconds + at, 1.0, with_groups=False)
                (sample,) = frame.targets
                if sample is before and sample.readings:
                    return sample
                before = sample
            raise AssertionError("it never stood still")

        first = settled(now)
        program.stdin.write(b"\n")
        program.stdin.flush()
        program.stdout.readline()
        second = settled(now + 2 * MOST_FRAMES)
        assert (second.rss_bytes or 0) >= (first.rss_bytes or 0) + (7 << 20)
        program.stdin.close()
