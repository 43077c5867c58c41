"""Random changes to recordings of others: no traceback, and no value that nobody wrote.

By hand: `python -m tests.benchmarks.recordings_fuzz [COUNT] [SEED]`. Two kinds of changes take
turns. Of bytes: anything may come of them, but only a recording or one line that says why there is
none. Of lines (gone, twice, cut off, of another kind): every sample that is read then was in the
whole file as well, at the same time.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

from trayapp.errors import RecordingError
from trayapp.recording.files import read_recording
from trayapp.recording.instructions import Instructions
from trayapp.recording.records import Recording

HERE = Path(__file__).parent.parent / "recording"
LARGEST = 100_000
SPOILERS = (
    b"", b"\0", b"\xff\xfe", b"\n", b"\r", b",", b";", b'"', b"[", b"]", b"{}", b"null", b"nan",
    b"inf", b"-1", b"-0", b"1e308", b"1e400", b"9" * 400, b"\x1b[2J", b":", b"/", b"0", b"%",
    b"MiB", b"PM", "年".encode(), "٣".encode(), b"\t", b" ", b"UTC", b"+99:99", b"(", b"_",
)  # fmt: skip
JUNK = (b"", b"hello world", b"\x00\x01\x02", b"-----", b"Average:", b"# a comment", b"nan,nan")
ZONE = Instructions(timezone=UTC)


def samples() -> list[Path]:
    """All recordings of others that there are, by name."""
    found = [
        path
        for folder in ("samples", "cases", "tool_samples")
        for path in sorted((HERE / folder).rglob("*"))
        if path.is_file() and path.stat().st_size <= LARGEST
    ]
    return [path for path in found if path.suffix not in (".md", ".sh", ".py")]


def spoil_bytes(content: bytes, chance: random.Random) -> bytes:
    """A few places changed, into whatever is known to upset readers."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(content) + 1)
        gone = chance.choice((0, 0, 1, 2, 10, 60))
        content = content[:at] + chance.choice(SPOILERS) + content[at + gone :]
    if chance.random() < 0.1:
        content = content[: chance.randrange(len(content) + 1)]
    return content


def spoil_lines(content: bytes, chance: random.Random) -> bytes:
    """Lines below the first few taken away, doubled or put in between, or the end cut off."""
    lines = content.splitlines(keepends=True)
    top = min(4, len(lines))
    kind = chance.choice(("gone", "twice", "junk", "cut"))
    if kind == "cut" or len(lines) <= top:
        return content[: chance.randrange(len(content) + 1)]
    at = chance.randrange(top, len(lines))
    if kind == "gone":
        del lines[at]
    elif kind == "twice":
        lines.insert(at, lines[at])
    else:
        lines.insert(at, chance.choice(JUNK) + b"\n")
    return b"".join(lines)


def values_of(recording: Recording) -> Iterator[tuple[float, float]]:
    """Moment and size of every sample that is known."""
    for track in recording.tracks:
        for seconds, size in zip(track.times, track.memory, strict=True):
            if size == size:
                yield round(recording.started_wall_seconds + seconds, 2), size


def sizes_beside(recording: Recording) -> Iterator[float]:
    """Sizes that stand in for what was cut off: of the machine, or of another metric."""
    for track in recording.tracks:
        is_beside = track.kind in ("machine", "proportional set") or recording.form == "Prometheus"
        yield from track.memory if is_beside else ()


def try_one(path: Path, content: bytes, allowed: set[float] | None) -> str:
    """What came of it, in a word.

    Raises: AssertionError if that is not right, and whatever a reader should not have raised.
    """
    path.write_bytes(content)
    try:
        recording = read_recording(path, ZONE)
    except RecordingError as error:
        assert len(str(error).splitlines()) == 1, str(error)
        return "refused"
    assert recording.seconds >= 0
    if allowed is None:
        return "read"
    invented = {size for _at, size in values_of(recording)} - allowed - {*sizes_beside(recording)}
    assert not invented, f"nobody wrote {sorted(invented)[:3]}"
    return "read in part"


def campaign(count: int, seed: int) -> Counter[str]:
    """Try so many changes; prints each that went wrong, with what repeats it."""
    chance = random.Random(seed)
    told: Counter[str] = Counter()
    files = samples()
    known: dict[Path, set[float] | None] = {}
    for path in files:
        try:
            known[path] = {size for _at, size in values_of(read_recording(path, ZONE))}
        except RecordingError:
            known[path] = None
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            path = chance.choice(files)
            content = path.read_bytes()
            is_lines = number % 2 == 1 and known[path] is not None
            is_text = path.suffix in (".txt", ".csv", ".dat", ".log")
            spoil = spoil_lines if is_lines and is_text else spoil_bytes
            spoiled = spoil(content, chance)
            allowed = known[path] if spoil is spoil_lines else None
            place = Path(folder) / path.name
            try:
                told[try_one(place, spoiled, allowed)] += 1
            except Exception as error:  # noqa: BLE001  (any is a finding)
                told["wrong"] += 1
                keep = Path(tempfile.gettempdir()) / f"fuzz-{seed}-{number}-{path.name}"
                keep.write_bytes(spoiled)
                print(f"{keep}: {type(error).__name__}: {error}")
    return told


def main() -> int:
    """Returns: 1 if anything went wrong."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    started = time.process_time()
    told = campaign(count, seed)
    print(dict(told), f"{time.process_time() - started:.0f} s of CPU")
    return 1 if told["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
