"""What became of the weight: `python -m tests.benchmarks.halves --against WHEEL [--runs 5]`.

    [--rows tray,headless,many,start,quick,trends,exports,store,judging]

Installs the wheel of another build, and that of this checkout, in environments of their own and
prints a table of both: median and range of all runs, the ratio, and the aim as a ratio. What looks
at a machine looks at the same one at the same time; the rest is run in turn. Asserts nothing.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.benchmarks.halves.applets import quick_rows, resident_rows, start_rows
from tests.benchmarks.halves.builds import Build, Row, built_here, installed
from tests.benchmarks.halves.commands import export_rows, judging_rows, store_rows, trend_rows
from tests.benchmarks.scale import describe_machine, show


def many_rows(builds: Sequence[Build], runs: int) -> Iterator[Row]:
    """Among many processes, without an icon."""
    for count in (2000, 10_000):
        yield from resident_rows(builds, runs, count, tray=False)


ROWS: dict[str, Callable[[Sequence[Build], int], Iterator[Row]]] = {
    "tray": lambda builds, runs: resident_rows(builds, runs, 500, tray=True),
    "headless": lambda builds, runs: resident_rows(builds, runs, 500, tray=False),
    "many": many_rows,
    "start": start_rows,
    "quick": quick_rows,
    "trends": trend_rows,
    "exports": export_rows,
    "store": store_rows,
    "judging": judging_rows,
}


def main() -> None:
    """Install both builds and print row by row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, required=True, metavar="WHEEL")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", default=",".join(ROWS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        builds = (
            installed(options.against.resolve(), Path(folder, "before"), "before"),
            installed(built_here(Path(folder)), Path(folder, "now"), "now"),
        )
        show(f"{describe_machine()}; medians and ranges of {options.runs} runs\n")
        show("| what | before | now | ratio | aim | |")
        show("| :-- | --: | --: | --: | --: | :-- |")
        for name in options.rows.split(","):
            for row in ROWS[name](builds, options.runs):
                show(str(row))


if __name__ == "__main__":
    main()
