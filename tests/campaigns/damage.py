"""Damage in every form: the reader shows nothing false, and the writer goes on.

Run `python -m tests.campaigns.damage [--tries 2000] [--seed N]`. Each try flips bits, writes over
pages, changes the schema's text, the JSON of events or the names of series, or cuts the file off;
then it is read, written on and salvaged. Failures: an exception that is no HistoryError, a value
that was never written, a writer that does not go on.
"""

from __future__ import annotations

import logging
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.campaigns.outcome import run_campaign
from tests.history.stores import AVAILABLE, BEGIN, KEEP_ALL, RSS
from trayapp.domain.records.series import Event, JsonValue
from trayapp.errors import HistoryError
from trayapp.history.reader import HistoryReader
from trayapp.history.writer import HistoryWriter

PAGE = 4096
SECONDS = 7200
STEP = 5
Damage = Callable[[random.Random, bytearray], None]


def make_store(path: Path) -> None:
    """Write two hours of two curves with an event every five minutes."""
    with closing(HistoryWriter(path, KEEP_ALL)) as writer:
        for second in range(0, SECONDS, STEP):
            writer.add(BEGIN + second, [(RSS, value_at(second)), (AVAILABLE, second / 7)])
            if second % 300 == 0:
                data: dict[str, JsonValue] = {"incident": f"web:{second}", "bytes": second}
                event = Event(wall_seconds=BEGIN + second, kind="alert", text="so", data=data)
                writer.add_event(event)
            writer.maintain(float(second))
        writer.remember("runs", '{"boot": "b", "targets": {}}')


def value_at(second: float) -> float:
    return 1e8 + 4096 * second


def flip_a_bit(randomness: random.Random, content: bytearray) -> None:
    place = randomness.randrange(len(content) * 8)
    content[place // 8] ^= 1 << place % 8


def flip_bits(randomness: random.Random, content: bytearray) -> None:
    for _bit in range(randomness.randrange(2, 40)):
        flip_a_bit(randomness, content)


def write_over_pages(randomness: random.Random, content: bytearray) -> None:
    pages = len(content) // PAGE
    for _page in range(randomness.choice((1, 1, 2, 5))):
        begin = randomness.randrange(pages) * PAGE
        kind = randomness.randrange(3)
        content[begin : begin + PAGE] = (
            bytes(PAGE),
            randomness.randbytes(PAGE),
            content[(other := randomness.randrange(pages) * PAGE) : other + PAGE],
        )[kind]


def change_the_schema(randomness: random.Random, content: bytearray) -> None:
    place = randomness.randrange(100, PAGE)
    content[place] = randomness.randrange(128, 256)


def change_a_text(randomness: random.Random, content: bytearray) -> None:
    words = (b"incident", b"alert", b"rss_bytes", b"web", b"memo:runs", b'"bytes"', b"available")
    word = randomness.choice(words)
    places = []
    at = content.find(word)
    while at >= 0:
        places.append(at)
        at = content.find(word, at + 1)
    if places:
        place = randomness.choice(places) + randomness.randrange(-2, len(word) + 2)
        content[place] = randomness.randrange(256)


def cut_off(randomness: random.Random, content: bytearray) -> None:
    del content[randomness.randrange(len(content)) :]


WAYS: dict[str, tuple[Damage, int]] = {
    "one bit": (flip_a_bit, 8),
    "some bits": (flip_bits, 3),
    "pages": (write_over_pages, 4),
    "schema": (change_the_schema, 2),
    "text": (change_a_text, 2),
    "cut off": (cut_off, 1),
}


def try_once(path: Path) -> Counter[str]:
    """Read, write on, and read again; return what there was to see."""
    seen: Counter[str] = Counter()
    for step in ("damaged", "after"):
        if step == "after":
            with closing(HistoryWriter(path, KEEP_ALL)) as writer:
                for second in range(SECONDS, SECONDS + 300):
                    writer.add(BEGIN + second, [(AVAILABLE, 1.0)])
                    writer.maintain(float(second))
                # A version that is not known yet is a newer Memtray's: left alone, and told.
                if writer.problem is not None and "update Memtray" not in writer.problem:
                    seen["FAILURE: not written on"] += 1
                seen["told"] += writer.note is not None
                seen["moved aside"] += bool(list(path.parent.glob("*.damaged-*")))
        try:
            with HistoryReader(path) as reader:
                read_everything(reader, seen, step)
        except HistoryError:
            seen[f"{step}: refused"] += 1
    if seen["after: samples"] < SECONDS // STEP and not seen["told"]:
        seen["FAILURE: missing, and not told"] += 1
    return seen


def read_everything(reader: HistoryReader, seen: Counter[str], step: str) -> None:
    reader.series(), reader.span(), reader.memo("runs")
    count = 0
    for bucket in reader.stream([RSS], BEGIN, BEGIN + SECONDS):
        second = bucket.start_ms / 1000 - BEGIN
        low = value_at(second)
        if not low <= bucket.minimum <= bucket.maximum <= low + 4096 * bucket.stretch_seconds:
            seen["FAILURE: wrong value"] += 1
        count += not bucket.stretch_seconds
    for event in reader.events(0, 1e12):
        if event.kind == "alert" and event.text != "so":
            seen["FAILURE: wrong event"] += 1
    reader.points(RSS, BEGIN, BEGIN + SECONDS, 200)
    seen[f"{step}: samples"] += count


def main() -> int:
    """Make the attempts; print what each way came to."""
    logging.disable(logging.ERROR)
    names = [name for name, (_way, weight) in WAYS.items() for _each in range(weight)]
    totals: dict[str, Counter[str]] = {name: Counter() for name in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "whole.sqlite3")
        make_store(whole)
        content = whole.read_bytes()

        def attempt(randomness: random.Random) -> str | None:
            name = randomness.choice(names)
            changed = bytearray(content)
            WAYS[name][0](randomness, changed)
            with tempfile.TemporaryDirectory(dir=folder) as place:
                path = Path(place, "history.sqlite3")
                path.write_bytes(changed)
                try:
                    seen = try_once(path)
                except Exception:  # noqa: BLE001 - what the campaign looks for
                    seen = Counter({f"FAILURE: {traceback.format_exc()}": 1})
            totals[name] += Counter(tries=1) + seen
            failures = [what for what in seen if what.startswith("FAILURE")]
            return f"{name}: {'; '.join(failures)}" if failures else None

        code = run_campaign("damage", attempt, tries=2000, seconds=3600)
    for name, total in totals.items():
        all_samples = max(1, total["tries"]) * SECONDS // STEP
        print(
            f"  {name:9} {total['tries']:5} tries;"
            f" refused {total['damaged: refused']}, later {total['after: refused']};"
            f" samples read {total['damaged: samples'] / all_samples:.1%},"
            f" later {total['after: samples'] / all_samples:.1%};"
            f" moved aside {total['moved aside']}, told {total['told']}"
        )
    return code


if __name__ == "__main__":
    sys.exit(main())
