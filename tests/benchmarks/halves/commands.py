"""Rows about what is done with a history, and about judging."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.halves.builds import ELSEWHERE, Build, Row, spent_by
from tests.benchmarks.halves.scripts import JUDGING, PAST, STORE, TAKE_OVER
from tests.desktop.desktop import VirtualDesktop, wait_until

MIB = 1024**2
REST_SECONDS = 0.4
"""So long nothing changes on a screen that is at rest."""
PLANS = (
    ("90 days of 100 targets", 100, 3600, 90,
     {".csv": 3 / 25, ".json": 3 / 25, ".xlsx": 8 / 26, "html": 4 / 32, "pdf": 6 / 31}),
    ("a day of 10 targets, every sample", 10, 86_400, 0, {".csv": 1.2 / 5.1, ".xlsx": 6 / 18}),
)  # fmt: skip


def export_rows(builds: Sequence[Build], runs: int) -> Iterator[Row]:
    """Exports and reports of one history, made by the older build and taken over by this one."""
    for title, targets, seconds, days, aims in PLANS:
        with tempfile.TemporaryDirectory() as folder:
            homes = [Path(folder, name) for name in ("before", "now")]
            for home in homes:
                home.mkdir()
            stores = [home / "history.sqlite3" for home in homes]
            builds[0].run_script(PAST, str(stores[0]), str(targets), str(seconds), str(days))
            shutil.copyfile(stores[0], stores[1])
            builds[1].run_script(TAKE_OVER, str(stores[1]))
            sizes = [store.stat().st_size / MIB for store in stores]
            yield Row(f"file of {title}, MiB", (sizes[:1], sizes[1:]), 1.0)
            for ending, aim in aims.items():
                cpu: list[list[float]] = [[], []]
                peak: list[list[float]] = [[], []]
                verb, suffix = ("export", ending) if ending[0] == "." else ("report", f".{ending}")
                for _ in range(runs):
                    for at, build in enumerate(builds):
                        output = homes[at] / f"out{suffix}"
                        took = spent_by(
                            build.command(verb, "-o", str(output)), {"MEMTRAY_HOME": str(homes[at])}
                        )
                        cpu[at].append(took.cpu_seconds)
                        peak[at].append(took.peak_bytes / MIB)
                        output.unlink()
                yield Row(f"{verb} {suffix} of {title}, s of a core", cpu, aim)
                yield Row("the same, resident at most, MiB", peak, 1.0)


def trend_rows(builds: Sequence[Build], runs: int) -> Iterator[Row]:
    """From the start of `memtray trends` until its window changes no more, a day of ten targets."""
    seconds: list[list[float]] = [[], []]
    cpu: list[list[float]] = [[], []]
    with tempfile.TemporaryDirectory() as folder, VirtualDesktop(tray=None, notifier=None) as desk:
        homes = [Path(folder, name) for name in ("before", "now")]
        for home in homes:
            home.mkdir()
        stores = [home / "history.sqlite3" for home in homes]
        builds[0].run_script(PAST, str(stores[0]), "10", "86400", "0")
        shutil.copyfile(stores[0], stores[1])
        builds[1].run_script(TAKE_OVER, str(stores[1]))
        for _ in range(runs):
            for at, build in enumerate(builds):
                wait_until(lambda: not any(desk.screenshot().rgb), what="an empty screen")
                env = desk.env | {"MEMTRAY_HOME": str(homes[at])}
                began = changed = time.monotonic()
                window = desk.launch(
                    *build.command("trends", "--since", "24h"), env=env, cwd=ELSEWHERE
                )
                seen = b""
                while not any(seen) or time.monotonic() - changed < REST_SECONDS:
                    now = desk.screenshot().rgb
                    if now != seen:
                        seen, changed = now, time.monotonic()
                seconds[at].append(changed - began)
                window.terminate()
                window.wait(20)
        for _ in range(runs):
            for at, build in enumerate(builds):
                picture = str(homes[at] / "trends.png")
                took = spent_by(
                    build.command("trends", "--since", "24h", "--save", picture),
                    {"MEMTRAY_HOME": str(homes[at])},
                )
                cpu[at].append(took.cpu_seconds)
    yield Row("trends on screen and at rest, s", seconds, 0.5 / 0.93)
    yield Row("trends as a picture, s of a core", cpu, 0.5 / 0.93)


def store_rows(builds: Sequence[Build], _runs: int) -> Iterator[Row]:
    """Bytes a sample, of six hours at a sample a second."""
    with tempfile.TemporaryDirectory() as folder:
        sizes = [float(one.run_script(STORE, f"{folder}/{one.name}")) for one in builds]
    yield Row("store, bytes per sample, six hours", (sizes[:1], sizes[1:]), 5 / 21.6)


def judging_rows(builds: Sequence[Build], runs: int) -> Iterator[Row]:
    """Judging a thousand leaking processes, and a recording of a million samples."""
    micros: list[list[float]] = [[], []]
    cpu: list[list[float]] = [[], []]
    peak: list[list[float]] = [[], []]
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder, "million.csv")
        write_million(recording)
        for _ in range(runs):
            for at, build in enumerate(builds):
                micros[at].append(float(build.run_script(JUDGING)))
        for _ in range(runs):
            for at, build in enumerate(builds):
                took = spent_by(build.command("analyze", str(recording)))
                cpu[at].append(took.cpu_seconds)
                peak[at].append(took.peak_bytes / MIB)
    yield Row("judging 1,000 leaking processes, µs each", micros, 3 / 6.9)
    yield Row("`analyze` of a million samples, s of a core", cpu, 0.2)
    yield Row("the same, resident at most, MiB", peak, 1.0)


def write_million(path: Path) -> None:
    """Ten programs, a sample a second each: most move a little, one leaks."""
    with path.open("w", encoding="utf-8") as file:
        names = ",".join(f"rss_bytes {100 + at} program-{at}" for at in range(10))
        file.write(f"t_s,time,{names}\n")
        for second in range(100_000):
            clock = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(1_700_000_000 + second))
            sizes = (
                25_000 + (second * 37 + at * 991) % 4096 + (second * 5 if at == 3 else 0)
                for at in range(10)
            )
            file.write(f"{second}.0,{clock}.000,{','.join(str(4096 * one) for one in sizes)}\n")
