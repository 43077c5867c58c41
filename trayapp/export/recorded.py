"""The records that are exported and reported on: the history, or recordings in files."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path

from trayapp.dataclass import dataclass
from trayapp.domain.records.series import Event, Series
from trayapp.export.source import Source, open_source
from trayapp.history.columns import Columns, columns_of_samples
from trayapp.history.left_out import left_out_lines
from trayapp.history.reader import HistoryReader
from trayapp.history.sources import SampleSource
from trayapp.language.catalogue import _
from trayapp.language.moments import Moment
from trayapp.recording.files import is_store
from trayapp.recording.instructions import NO_INSTRUCTIONS, Instructions
from trayapp.recording.judged import is_one_program
from trayapp.recording.records import Recording
from trayapp.recording.side_by_side import Placed, common_starts, open_recordings, unlike
from trayapp.recording.summary import short_path

_SAMPLES_AT_ONCE = 4096


class RecordedFiles(SampleSource):
    """Recordings in files, offered as the history is; all of their samples are in memory."""

    def __init__(self, paths: Sequence[Path], instructions: Instructions = NO_INSTRUCTIONS) -> None:
        """Read the files whole.

        Raises: RecordingError if one cannot be read, or there is no sample in any.
        """
        recordings, self.placed, self.notes = open_recordings(paths, instructions)
        programs: dict[int, str] = {}
        taken: set[str] = set()
        for one in filter(is_one_program, recordings):
            name = unlike(short_path(one.path.name), taken)
            programs |= {id(track): name for track in one.tracks}
        self._columns = {
            series: (placed, values)
            for placed in self.placed
            for series, values in _columns(placed, programs.get(id(placed.track)))
        }
        self._span = _span(recordings)

    def series(self) -> list[Series]:
        return sorted(self._columns)

    def span(self) -> tuple[float, float]:
        """Return the start of the first recording and the last sample."""
        return self._span

    def columns(
        self,
        series: Sequence[Series],
        since_wall_seconds: float,
        until_wall_seconds: float,
        step_seconds: float = 0.0,  # noqa: ARG002
        whole: Collection[int] | None = None,  # noqa: ARG002
    ) -> Iterator[list[Columns]]:
        """Yield every known sample of these curves, in order of time."""
        samples = heapq.merge(
            *(
                self._samples(place, one, since_wall_seconds, until_wall_seconds)
                for place, one in enumerate(series)
                if one in self._columns
            ),
            key=itemgetter(0),
        )
        itself = {place: place for place in range(len(series))}
        rows: list[tuple[int, int, float]] = []
        for sample in samples:
            # What was taken at one moment belongs together.
            if len(rows) >= _SAMPLES_AT_ONCE and sample[0] != rows[-1][0]:
                yield columns_of_samples(rows, itself)
                rows = []
            rows.append(sample)
        if rows:
            yield columns_of_samples(rows, itself)

    def _samples(
        self, place: int, series: Series, since: float, until: float
    ) -> Iterator[tuple[int, int, float]]:
        placed, values = self._columns[series]
        for seconds, value in zip(placed.track.times, values, strict=True):
            at = placed.started_wall_seconds + seconds
            # What is not known is not a number.
            if math.isfinite(value) and since <= at <= until:
                yield round(at * 1000), place, value

    def events(
        self,
        since_wall_seconds: float,
        until_wall_seconds: float,
        kinds: Iterable[str] | None = None,
        limit: int = 1000,
    ) -> list[Event]:
        """Return when programs were started again; nothing else is recorded."""
        if kinds is not None and "restart" not in kinds:
            return []
        found = {
            (at, series.name)
            for series, (placed, _values) in self._columns.items()
            for at in _restarts(placed)
            if since_wall_seconds <= at <= until_wall_seconds
        }
        return [
            Event(
                wall_seconds=at,
                kind="restart",
                subject=name,
                text=_("{name} restarted").format(name=name),
            )
            for at, name in sorted(found)[-limit:]
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the command line chooses of all that was recorded."""

    history_file: Path
    targets: tuple[str, ...] = ()
    """Empty: all that have a history."""
    files: tuple[Path, ...] = ()
    """Recordings instead of the history; a single file may be a history, too."""
    instructions: Instructions = NO_INSTRUCTIONS
    """How the recordings are read."""
    since: Moment | None = None
    until: Moment | None = None
    """None: all there is."""


@contextmanager
def open_selection(
    selection: Selection, on_progress: Callable[[float], None], on_note: Callable[[str], None]
) -> Iterator[Source]:
    """Open what was selected; `on_progress` and `on_note` as for `export.main`.

    Raises: UsageError, HistoryError, RecordingError.
    """
    files, span = selection.files, (selection.since, selection.until)
    if files and not (len(files) == 1 and is_store(files[0])):
        recorded = RecordedFiles(files, selection.instructions)
        for note in recorded.notes:
            on_note(note)
        yield open_source(recorded, selection.targets, *span, on_progress)
        return
    path = files[0] if files else selection.history_file
    with HistoryReader(path, is_copy=bool(files)) as reader:
        source = open_source(reader, selection.targets, *span, on_progress, reader.ahead_span())
        yield source
        for line in left_out_lines(reader, source.until_wall_seconds):
            on_note(line)


def _columns(placed: Placed, program: str | None) -> Iterator[tuple[Series, Sequence[float]]]:
    """Yield a track's series; `program` names the one that the whole file is about."""
    track = placed.track
    name = placed.name if program is None else program
    yield Series("target", name, "rss_bytes" if program is None else track.name), track.memory
    if track.anon is not None:
        yield Series("target", name, "anon_bytes"), track.anon
    if track.children is not None and (program is None or track.name == "rss_bytes"):
        yield Series("target", name, "process_count"), track.children


def _restarts(placed: Placed) -> Iterator[float]:
    """Yield the wall times at which another run began."""
    last: float | None = None
    for seconds, run in zip(placed.track.times, placed.track.runs or (), strict=False):
        if run == run:
            if last is not None and run != last:
                yield placed.started_wall_seconds + seconds
            last = run


def _span(recordings: Sequence[Recording]) -> tuple[float, float]:
    starts = common_starts(recordings)
    ends = [start + one.seconds for one, start in zip(recordings, starts, strict=True)]
    return min(starts), max(ends)
