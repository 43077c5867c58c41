"""Leaks named in time, and nothing else: `python -m tests.benchmarks.inside`.

Every recording of a program whose heap is known is replayed through the whole judgement of the
applet: with its heap, by its resident set alone, and as an application that nobody named. Prints
when each was named. `record NAME FILE` runs one of the programs anew, as `PROGRAMS` says, and
records it. Asserts nothing; `tests/domain/judging/test_inside_recordings.py` does.
"""

from __future__ import annotations

import sys

from tests.benchmarks.inside.recorded import Judged, Recording, judge, recordings
from tests.benchmarks.inside.recording import record


def main() -> None:
    """Print the table, or record."""
    if sys.argv[1:2] == ["record"]:
        record(*sys.argv[2:])
        return
    print("| program | died after | named after | left | resident set alone | as application |")
    print("| :-- | --: | --: | --: | --: | --: |")
    for recording in recordings():
        inside, outside, other = (
            judge(recording, look) for look in ("inside", "resident set", "application")
        )
        died = f"{recording.life_seconds:.0f} s" if recording.is_leak else "healthy"
        print(
            f"| {recording.name} | {died} | {_named(inside)} | {_left(recording, inside)} "
            f"| {_named(outside)} | {_named(other)} |"
        )
        if "-v" in sys.argv:
            for look, judged in (("inside", inside), ("alone", outside), ("other", other)):
                print(f"    {look} {judged.levels}")
                for seconds, key, text in judged.banners:
                    print(f"        {seconds:.0f} s {key}: {text}")


def _named(judged: Judged) -> str:
    seconds = judged.named_seconds
    return "–" if seconds is None else f"{seconds:.0f} s"


def _left(recording: Recording, judged: Judged) -> str:
    seconds = judged.named_seconds
    if seconds is None or not recording.is_leak:
        return "–"
    left = recording.life_seconds - seconds
    return f"{left:.0f} s ({left / recording.life_seconds:.0%})"


if __name__ == "__main__":
    main()
