"""A disk that is taken away: what waits is written afterwards, and told only meanwhile.

Run `python -m tests.campaigns.disk [--tries 100] [--seed N]`: full, without inodes, read-only
(each a small file system in memory, where root may mount one), locked by another program, and a
reader that never ends. Failures: an exception, a problem that is not told or is still told
afterwards, a sample that waited and is not there.
"""

from __future__ import annotations

import logging
import random
import sqlite3
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path

from tests.campaigns.outcome import run_campaign
from tests.history.stores import BEGIN, KEEP_ALL, RSS, query
from trayapp.history.writer import HistoryWriter

Obstacle = Callable[[Path], AbstractContextManager[None]]


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """Mount a small file system in memory. Raises: CalledProcessError if that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", options, "memtray-campaign", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    yield
    filler.unlink()


@contextmanager
def without_inodes(folder: Path) -> Iterator[None]:
    made: list[Path] = []
    with suppress(OSError):
        while True:
            made.append(folder / f"filler-{len(made)}")
            made[-1].touch()
    yield
    for file in made:
        file.unlink(missing_ok=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    # What is open for writing would keep the whole file system from becoming read-only.
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
    yield
    subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    with closing(sqlite3.connect(folder / "history.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def gone(folder: Path) -> Iterator[None]:
    away = folder.with_name(folder.name + "-away")
    folder.rename(away)
    folder.symlink_to(folder)
    yield
    folder.unlink()
    away.rename(folder)


MOUNTED = {"full": full, "no inodes": without_inodes, "read-only": read_only}
BARE = {"locked": locked, "out of reach": gone}


def try_once(folder: Path, obstacle: Obstacle, name: str, *, at_start: bool) -> list[str]:
    """Write, meet the obstacle, and go on; return what was wrong."""
    path, wrong, clock = folder / "history.sqlite3", [], 0
    writer = None

    def write(seconds: int) -> HistoryWriter:
        nonlocal clock, writer
        writer = writer or HistoryWriter(path, KEEP_ALL)
        for _second in range(seconds):
            # Noise, so that a full disk is met soon.
            writer.add(
                BEGIN + clock, [(RSS._replace(name=str(n)), clock + n / 7) for n in range(9)]
            )
            writer.maintain(float(clock))
            clock += 1
        return writer

    if not at_start:
        write(30)
    with obstacle(folder):
        told = write(200).problem
    # A file that is open already needs no inode, and can be written where nobody else may.
    if told is None and (at_start or name not in ("no inodes", "read-only")):
        wrong.append("nothing was told")
    last = write(90)
    if last.problem is not None:
        wrong.append(f"still told: {last.problem}")
    last.close()
    stored = query(path, "SELECT count(*) FROM raw")[0][0]
    if stored != clock * 9:
        wrong.append(f"{clock * 9 - stored} samples are missing")
    if query(path, "PRAGMA integrity_check") != [("ok",)]:
        wrong.append("the store is not whole")
    return wrong


def main() -> int:
    """Make the attempts; say what could not be tried."""
    logging.disable(logging.ERROR)
    skipped: dict[str, str] = {}

    def attempt(randomness: random.Random) -> str | None:
        name = randomness.choice([*MOUNTED, *BARE])
        at_start = randomness.random() < 0.5
        inodes, size_kib = (10 if name == "no inodes" else 1000), randomness.choice((512, 1024))
        size_kib = size_kib if name == "full" else 8192
        with tempfile.TemporaryDirectory() as top:
            folder = Path(top, "data")
            folder.mkdir()
            try:
                if name in BARE:
                    wrong = try_once(folder, BARE[name], name, at_start=at_start)
                else:
                    with mounted(folder, f"size={size_kib}k,nr_inodes={inodes}"):
                        wrong = try_once(folder, MOUNTED[name], name, at_start=at_start)
            except (subprocess.CalledProcessError, FileNotFoundError) as error:
                skipped[name] = str(error)
                return None
            except Exception:  # noqa: BLE001 - what the campaign looks for
                wrong = [traceback.format_exc()]
        return f"{name}{', at the start' * at_start}: {'; '.join(wrong)}" if wrong else None

    code = run_campaign("disk", attempt, tries=100, seconds=1800)
    for name, reason in skipped.items():
        print(f"  {name} was skipped: {reason}")
    return code


if __name__ == "__main__":
    sys.exit(main())
