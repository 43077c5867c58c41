"""The power fails while the history is written: whatever reached the disk, the store is whole.

Run `python -m tests.campaigns.power [--tries 1000] [--seed N]`; it needs strace. A writer is
recorded once, with every call by which it writes, cuts, syncs, makes and removes files. Each try
lets the power fail between two of these calls: what was synced before is on the disk, and of each
later write all, nothing, or any of its sectors of 512 bytes, in any order. What is not imitated:
disks that lie about syncing, or that destroy what they do not write.

Failures: a store that is not whole or is moved aside, a row that was synced and is gone or is older
than 75 seconds and is gone, a hole before the newest row, a value that was never written, a writer
that does not go on.
"""

from __future__ import annotations

import logging
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.campaigns.outcome import run_campaign
from tests.history.stores import BEGIN, query
from trayapp.domain.records.series import Series
from trayapp.history.writer import HistoryWriter, Retention

SECONDS = 1200
SECTOR = 512
MOST_LOST_SECONDS = 75
"""What waits is synced once a minute."""
CURVES = [Series("target", str(number), "rss_bytes") for number in range(12)]
KEEP = Retention(raw_seconds=500.0)
CHILD = f"""
import sys
from pathlib import Path
from tests.campaigns.power import write
write(Path(sys.argv[1]), 0, {SECONDS})
"""
CALLS = "openat,close,write,pwrite64,fsync,fdatasync,ftruncate,unlink,unlinkat"
_LINE = re.compile(r"(?:\d+ +)?(\w+)\((.*)\) += (\d+)$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class Call(NamedTuple):
    """One call that changes a file, or tells how far the writer is."""

    verb: str
    """write, cut, sync, make, remove, or second."""
    name: str
    """Of the file; "": the folder."""
    place: int = 0
    data: bytes = b""


def write(path: Path, first: int, end: int) -> None:
    """Write some seconds, and say after each that it was handed over."""
    with closing(HistoryWriter(path, KEEP)) as writer:
        for second in range(first, end):
            writer.add(BEGIN + second, [(curve, value_at(second)) for curve in CURVES])
            writer.maintain(float(second))
            print(second, flush=True)


def value_at(second: int) -> float:
    return 4096.0 * second


def record(folder: Path) -> list[Call]:
    """Let a writer write, and return its calls."""
    log, store = folder / "calls", folder / "store" / "history.sqlite3"
    store.parent.mkdir()
    strace = ["strace", "-f", "-xx", "-s", "99999", "-e", f"trace={CALLS}", "-o", str(log)]
    subprocess.run(
        [*strace, sys.executable, "-c", CHILD, str(store)], check=True, stdout=subprocess.DEVNULL
    )
    with log.open() as lines:
        return list(read_calls(lines, store.parent))


def read_calls(lines: Iterator[str], folder: Path) -> Iterator[Call]:
    """Yield what strace wrote down of the files in a folder."""
    names: dict[int, str] = {}
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            continue
        verb, arguments, result = found[1], found[2], int(found[3])
        text = _TEXT.search(arguments)
        data = bytes.fromhex(text[1].replace("\\x", "")) if text else b""
        numbers = [int(part) for part in arguments.split(", ") if part.isdigit()]
        if verb in ("openat", "unlink", "unlinkat"):
            path = Path(data.decode(errors="replace"))
            if path != folder and path.parent != folder:
                if verb == "openat":
                    names.pop(result, None)
                continue
            name = "" if path == folder else path.name
            if verb == "openat":
                names[result] = name
                if "O_CREAT" in arguments:
                    yield Call("make", name)
            else:
                yield Call("remove", name)
        elif verb == "write" and numbers[:1] == [1]:
            if data.strip():
                yield Call("second", "", int(data))
        elif not numbers or numbers[0] not in names:
            continue
        elif verb == "close":
            del names[numbers[0]]
        elif verb == "pwrite64":
            yield Call("write", names[numbers[0]], numbers[-1], data[:result])
        elif verb == "ftruncate":
            yield Call("cut", names[numbers[0]], numbers[-1])
        elif verb in ("fsync", "fdatasync"):
            yield Call("sync", names[numbers[0]])
        else:
            raise ValueError(line[:200])


@dataclass(slots=True)
class Disk:
    """What has been synced so far, and what waits."""

    files: dict[str, bytearray] = field(default_factory=dict)
    waiting: list[Call] = field(default_factory=list)
    second: int = -1

    def take(self, call: Call) -> None:
        """Carry out a call: its effect waits until it is synced."""
        if call.verb == "second":
            self.second = call.place
        elif call.verb == "sync":
            # With a file, that it exists is synced, too; with the folder, only what exists.
            done = [one for one in self.waiting if _is_synced(one, call.name)]
            self.waiting = [one for one in self.waiting if not _is_synced(one, call.name)]
            for one in done:
                apply(self.files, one)
        elif not call.name.endswith("-shm"):
            self.waiting.append(call)

    def after_failure(self, chance: random.Random) -> dict[str, bytearray]:
        """Return what the files hold when the power has failed."""
        files = {name: bytearray(content) for name, content in self.files.items()}
        share = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        how = chance.choice(("first", "calls", "sectors"))
        kept = round(share * len(self.waiting))
        for at, call in enumerate(self.waiting):
            if call.verb == "write" and how == "sectors":
                for part in _sectors(call):
                    if chance.random() < share:
                        apply(files, part)
            # File systems do not put the making and the removing of files in another order.
            elif (
                (at < kept)
                if how == "first" or call.verb in ("make", "remove")
                else (chance.random() < share)
            ):
                apply(files, call)
        return files


def _is_synced(call: Call, name: str) -> bool:
    if name == "":
        return call.verb in ("make", "remove")
    return call.name == name and call.verb != "remove"


def _sectors(call: Call) -> Iterator[Call]:
    end = call.place + len(call.data)
    place = call.place
    while place < end:
        stop = min(end, place // SECTOR * SECTOR + SECTOR)
        data = call.data[place - call.place : stop - call.place]
        yield call._replace(place=place, data=data)
        place = stop


def apply(files: dict[str, bytearray], call: Call) -> None:
    """Change the files as a call does."""
    if call.verb == "remove":
        files.pop(call.name, None)
        return
    content = files.setdefault(call.name, bytearray())
    if call.verb == "cut":
        del content[call.place :]
        content.extend(bytes(call.place - len(content)))
    elif call.verb == "write":
        content.extend(bytes(max(0, call.place - len(content))))
        content[call.place : call.place + len(call.data)] = call.data


def put(folder: Path, files: dict[str, bytearray]) -> Path:
    """Write down what a disk holds; return where the store is."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / "history.sqlite3"


def newest_second(path: Path) -> int:
    """Return the newest second of a store; -1: there is none."""
    if not path.exists() or not path.stat().st_size:
        return -1
    try:
        newest = query(path, "SELECT max(t_ms) FROM raw")[0][0]
    except sqlite3.OperationalError:
        return -1  # The tables are not made yet.
    return -1 if newest is None else round(newest / 1000 - BEGIN)


def judge(path: Path, synced: int) -> tuple[int, list[str]]:
    """Let a writer go on; return which second was the newest, and what is wrong."""
    newest, wrong = newest_second(path), []
    if newest < synced:
        wrong.append(f"synced up to second {synced}, and found up to {newest}")
    with closing(HistoryWriter(path, KEEP)) as writer:
        for second in range(2 * SECONDS, 2 * SECONDS + 12):
            writer.add(BEGIN + second, [(CURVES[0], value_at(second))])
            # Nothing is due of what deletes: the first failure must be seen as it is.
            writer.flush()
        if writer.problem or writer.note:
            wrong.append(f"{writer.problem} {writer.note}")
    if query(path, "PRAGMA integrity_check") != [("ok",)]:
        wrong.append("the store is not whole")
    if list(path.parent.glob("*.damaged-*")):
        wrong.append("the store was moved aside")
    rows = query(path, "SELECT t_ms, count(*), min(value), max(value) FROM raw GROUP BY t_ms")
    found = {round(t_ms / 1000 - BEGIN): values for t_ms, *values in rows}
    old = [second for second in found if second <= newest]
    if old and len(old) != newest - min(old) + 1:
        wrong.append("there is a hole")
    for second, (count, least, most) in found.items():
        if not least == most == value_at(second) or count != (
            len(CURVES) if second <= newest else 1
        ):
            wrong.append(f"second {second} is not as it was written")
            break
    return newest, wrong


def main() -> int:
    """Record a writer, and let the power fail."""
    logging.disable(logging.ERROR)
    if shutil.which("strace") is None:
        print("power: skipped, there is no strace")
        return 0
    longest = 0
    with tempfile.TemporaryDirectory() as top:
        calls = record(Path(top))

        def attempt(chance: random.Random) -> str | None:
            nonlocal longest
            disk = Disk()
            for call in calls[: chance.randrange(1, len(calls))]:
                disk.take(call)
            with tempfile.TemporaryDirectory(dir=top) as place:
                synced = newest_second(put(Path(place, "synced"), disk.files))
                path = put(Path(place, "left"), disk.after_failure(chance))
                newest, wrong = judge(path, synced)
            longest = max(longest, disk.second - newest)
            if disk.second - newest > MOST_LOST_SECONDS:
                wrong.append(f"{disk.second - newest} s are lost")
            return f"at second {disk.second}: {'; '.join(wrong)}" if wrong else None

        code = run_campaign("power", attempt, tries=1000, seconds=1800)
    print(f"  of {SECONDS} seconds, {len(calls)} calls; at most the last {longest} s were lost")
    return code


if __name__ == "__main__":
    sys.exit(main())
