"""Recordings of programs with labels, as tables of time and size."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass
from pathlib import Path

TRACES = Path(__file__).parent.parent / "traces"


@dataclass(slots=True)
class Trace:
    """One recording, with what is known of it."""

    name: str
    leak: bool
    onset: float
    end: float | None
    rate: float | None
    kind: str
    rows: list[tuple[float, float, bool]]
    """Time, size, started anew."""
    children: list[int] | None = None
    """How many processes it was, at each row; None: one."""
    work: list[float] | None = None
    """What it had done by each row; None: not counted."""


def read_traces(folder: Path, column: str) -> list[Trace]:
    """Every trace that has a label."""
    found = []
    for label in json.loads((folder / "labels.json").read_text(encoding="utf-8")):
        rows, before = [], None
        with gzip.open(folder / f"{label['name']}.csv.gz", "rt") as file:
            for row in csv.DictReader(file):
                if row[column]:
                    size = float(row[column]) + float(row["swap_bytes"] or 0)
                    instance = row.get("instance")
                    rows.append((float(row["t_s"]), size, before not in (None, instance)))
                    before = instance
        found.append(
            Trace(
                label["name"],
                label["leak"],
                label["onset_s"] or 0.0,
                label.get("end_s"),
                label["true_rate_bytes_per_s"],
                label.get("kind", "leak" if label["leak"] else "none"),
                rows,
            )
        )
    return found
