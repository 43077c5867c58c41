"""`memtray analyze`: what the applet would have said of a recording, and when."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Sequence
from pathlib import Path

from trayapp.errors import RecordingError
from trayapp.language.catalogue import _
from trayapp.recording.analyze_text import report_json, report_lines
from trayapp.recording.files import read_recording
from trayapp.recording.instructions import NO_INSTRUCTIONS, Instructions
from trayapp.recording.judged import (
    Series,
    SeriesReport,
    is_one_program,
    report,
    series_of,
)
from trayapp.recording.outcomes import EXIT_UNREADABLE, exit_code_of, worst
from trayapp.recording.progress import Progress
from trayapp.recording.summary import short_path

__all__ = ["Series", "SeriesReport", "is_one_program", "main", "report", "series_of"]


def main(
    files: Sequence[Path],
    json: bool = False,
    *,
    expected_seconds: float = 0.0,
    fails_on_growing: bool = False,
    instructions: Instructions = NO_INSTRUCTIONS,
) -> int:
    """Print what each file tells.

    `expected_seconds`: what was watched for less is not enough to judge; `fails_on_growing`: exit
    1 for what only grows, too.

    Returns: 0 if all is healthy, 1 if something leaks or did, 2 if a file could not be read, 4 if
    there is not enough to judge.
    """
    progress = Progress(sys.stderr)
    told: list[str] = []
    codes: list[int] = []
    for file in files:
        try:
            progress.show(_("reading {file}").format(file=short_path(file)))
            recording = read_recording(file, instructions)
            everything = sorted(series_of(recording), key=lambda one: one.is_machine)
            reports = [report(one, progress, file, expected_seconds) for one in everything]
        except RecordingError as error:
            progress.clear()
            print(f"memtray: {short_path(str(error))}", file=sys.stderr)
            codes.append(EXIT_UNREADABLE)
            continue
        progress.clear()
        codes.append(
            exit_code_of(
                (one.outcome for one in reports),
                has_leaked=any(one.first_alert_seconds is not None for one in reports),
                fails_on_growing=fails_on_growing,
            )
        )
        told += [json_format.dumps(report_json(recording, one)) for one in reports]
        if not json:
            print("\n".join(report_lines(recording, reports)))
    if json:
        print("[\n" + ",\n".join(told) + "\n]" if told else "[]")
    return worst(codes)
