"""Rows about the applet itself: memory, processor and start."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.benchmarks.contestants import IDLE_TARGETS, LIVELY_ICON, SETTINGS
from tests.benchmarks.costs import Costs, read_costs, read_cpu_seconds
from tests.benchmarks.crowd import crowd
from tests.benchmarks.halves.builds import ELSEWHERE, Build, Row, spent_by
from tests.benchmarks.scale import moving
from tests.desktop.desktop import VirtualDesktop, wait_until

SETTLE_SECONDS = 60.0
MEASURE_SECONDS = 40.0
MIB = 1024**2


def resident_rows(builds: Sequence[Build], runs: int, count: int, *, tray: bool) -> Iterator[Row]:
    """Private memory and processor among `count` processes; both builds look at the same ones."""
    memory: list[list[float]] = [[], []]
    percent: list[list[float]] = [[], []]
    for _ in range(runs):
        with ExitStack() as stack:
            # The tenth target is the one that moves.
            stack.enter_context(crowd(count - 1, IDLE_TARGETS))
            stack.enter_context(moving())
            pids = [stack.enter_context(applet(build, tray=tray)) for build in builds]
            time.sleep(SETTLE_SECONDS)
            before = [own_costs(pid) for pid in pids]
            time.sleep(MEASURE_SECONDS)
            for at, pid in enumerate(pids):
                after = own_costs(pid)
                memory[at].append(after.uss_bytes / MIB)
                percent[at].append(after.cpu_percent_since(before[at]))
    kind = "tray, icon changing each second" if tray else "headless"
    memory_aims = {(500, True): 0.76, (500, False): 0.69, (10_000, False): 0.68}
    yield Row(
        f"private memory, MiB, {count} processes, {kind}",
        memory, memory_aims.get((count, tray), 0.75),
    )  # fmt: skip
    yield Row(f"processor, % of a core, {count} processes, {kind}", percent, 0.5)


def own_costs(pid: int) -> Costs:
    """What the applet costs, its children included."""
    return read_costs([pid])


@contextmanager
def applet(build: Build, *, tray: bool) -> Iterator[int]:
    """Run an applet of its own home, in a desktop of its own if it has an icon; yields its pid."""
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        Path(home, "memtray.toml").write_text(LIVELY_ICON + SETTINGS)
        own = {"MEMTRAY_HOME": home}
        if tray:
            desktop = stack.enter_context(VirtualDesktop())
            app = desktop.launch(*build.command("start"), env=desktop.env | own, cwd=ELSEWHERE)
        else:
            app = subprocess.Popen(
                ("env", f"MEMTRAY_HOME={home}", *build.command("start", "--headless")),
                stdout=subprocess.DEVNULL,
                cwd=ELSEWHERE,
            )
        try:
            wait_until(lambda: is_sampling(build, home), timeout=60, what="first sample")
            yield app.pid
        finally:
            app.terminate()
            app.wait(20)


def is_sampling(build: Build, home: str) -> bool:
    """Whether the applet of that home answers."""
    command = ("env", f"MEMTRAY_HOME={home}", *build.command("status", "--json"))
    return subprocess.run(command, check=False, capture_output=True, cwd=ELSEWHERE).returncode == 0


def start_rows(builds: Sequence[Build], runs: int) -> Iterator[Row]:
    """From the start of the command to the icon, builds in turn, and what processor that took."""
    seconds: list[list[float]] = [[], []]
    cpu: list[list[float]] = [[], []]
    with VirtualDesktop() as desktop:
        for _ in range(runs):
            for at, build in enumerate(builds):
                with tempfile.TemporaryDirectory() as home:
                    began = time.monotonic()
                    app = desktop.launch(
                        *build.command("start"),
                        env=desktop.env | {"MEMTRAY_HOME": home},
                        cwd=ELSEWHERE,
                    )
                    wait_until(lambda: desktop.tray_box() is not None, what="icon")
                    seconds[at].append(1000 * (time.monotonic() - began))
                    cpu[at].append(1000 * read_cpu_seconds(app.pid))
                    app.terminate()
                    app.wait(20)
                    wait_until(lambda: desktop.tray_box() is None, what="an empty tray")
    yield Row("start to the icon, ms", seconds, 0.5)
    yield Row("processor until then, ms", cpu, 0.5)


def quick_rows(builds: Sequence[Build], runs: int) -> Iterator[Row]:
    """Processor time of what a person types."""
    cpu: dict[str, list[list[float]]] = {"status": [[], []], "--help": [[], []]}
    for at, build in enumerate(builds):
        with tempfile.TemporaryDirectory() as home:
            command = ("env", f"MEMTRAY_HOME={home}", *build.command("start", "--headless"))
            app = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ELSEWHERE)
            wait_until(lambda h=home, b=build: is_sampling(b, h), timeout=60, what="sample")  # type: ignore[misc]
            for _ in range(4 * runs):
                for words, spent in cpu.items():
                    took = spent_by(build.command(words), {"MEMTRAY_HOME": home})
                    spent[at].append(1000 * took.cpu_seconds)
            app.terminate()
            app.wait(20)
    yield Row("`memtray status`, processor, ms", cpu["status"], 50 / 120)
    yield Row("`memtray --help`, processor, ms", cpu["--help"], 50 / 160)
