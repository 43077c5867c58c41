"""Many idle processes, made cheaply and always ended.

A keeper starts them and waits for its input to end, which it does however the benchmark ends. Ten
at a time have one name, as the helpers of a program do. The keeper is called "supervisord", so
that what it starts counts as programs of their own and not as its helpers.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROCESSES_PER_PROGRAM = 10
BYTES_PER_PROCESS = 400 * 1024
"""What one costs the machine, the kernel's part included: about 250 KiB, and room to spare."""
_SPARE_PROCESSES = 1000


@contextmanager
def crowd(count: int, names: Sequence[str] = ()) -> Iterator[list[int]]:
    """Keep `count` idle processes, the first of which have the given names; yields all pids.

    Raises: ValueError if the machine does not take that many.
    """
    reason = why_too_many(count)
    if reason is not None:
        raise ValueError(reason)
    with tempfile.TemporaryDirectory() as folder:
        keeper = subprocess.Popen(
            ["supervisord", __file__, folder, str(count)],
            executable=sys.executable,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Not in the terminal's group: Ctrl-C is for the benchmark, which ends the keeper.
            start_new_session=True,
        )
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        try:
            # Not in its arguments: who looks for these names is to find the processes alone.
            keeper.stdin.write(f"{' '.join(names)}\n".encode())
            keeper.stdin.flush()
            pids = [int(pid) for pid in keeper.stdout.readline().split()]
            if len(pids) != count:
                raise ValueError(f"{count} processes could not be started")
            yield pids
        finally:
            keeper.stdin.close()
            keeper.stdout.close()
            keeper.wait()


def why_too_many(count: int) -> str | None:
    """Why the machine cannot take so many processes more; None: it can."""
    wanted = count + _SPARE_PROCESSES
    running = sum(entry.isdecimal() for entry in os.listdir("/proc"))  # noqa: PTH208
    for name in ("pid_max", "threads-max"):
        most = int(Path("/proc/sys/kernel", name).read_text())
        if running + wanted > most:
            return f"kernel.{name} is {most}"
    most = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    if most != resource.RLIM_INFINITY and running + wanted > most:
        return f"ulimit -u is {most}"
    meminfo = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    available_bytes = int(meminfo["MemAvailable"].split()[0]) * 1024
    if count * BYTES_PER_PROCESS > available_bytes:
        return f"only {available_bytes >> 20} MiB of memory are available"
    return None


def _keep(folder: Path, count: int, names: Sequence[str]) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
    program = shutil.which("sleep")
    assert program is not None
    pids: list[int] = []
    try:
        for number in range(count):
            name = names[number] if number < len(names) else _name(number)
            link = folder / name
            if not link.exists():
                link.symlink_to(program)
            pids.append(os.posix_spawn(link, [name, "100000"], {}))
        print(*pids, flush=True)
        sys.stdin.read()
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)


def _name(number: int) -> str:
    return f"program-{number // PROCESSES_PER_PROGRAM}"


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), int(sys.argv[2]), sys.stdin.readline().split())
