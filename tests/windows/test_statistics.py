"""The statistics as text, for where there is no window."""

from __future__ import annotations

import os
import subprocess
import sys

from trayapp.windows.statistics import table_text

ROWS = [
    ("Memtray", ""),
    ("Samples", "1,234"),
    ("Own memory", "14.1 MiB"),
    ("web", ""),
    ("Peak", "7"),
]


def test_labels_and_values_stand_in_columns() -> None:
    assert table_text(ROWS).splitlines() == [
        "Memtray",
        "Samples     1,234",
        "Own memory  14.1 MiB",
        "",
        "web",
        "Peak        7",
    ]


def test_hostile_texts_stay_on_their_line() -> None:
    assert len(table_text([("a\nb", "c\x1b[2Jd\ne")]).splitlines()) == 1
    assert "\x1b" not in table_text([("a", "\x1b[2J")])


def test_without_a_display_the_table_is_printed() -> None:
    env = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    code = f"from trayapp.windows.statistics import main; raise SystemExit(main({ROWS!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == table_text(ROWS) + "\n"
    assert done.stderr.startswith("Cannot show a window here")
