"""The recorder's loop: read, keep, write in the pauses, sleep until the next tick."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable

from trayapp.dataclass import dataclass
from trayapp.domain.records.samples import MemoryReading, ProcessFacts, ProcessKey
from trayapp.readers.process_changes import ProcessChanges
from trayapp.recording.chunks import (
    CHUNK_SECONDS,
    ROWS_PER_CHUNK,
    Chunk,
    ChunkFile,
    RecordedProcess,
    RecordingHead,
)
from trayapp.recording.family import Family
from trayapp.recording.summary import ProcessSummary
from trayapp.recording.ticks import LONGEST_SLEEP_SECONDS, Precision, Ticks

LOOK_SECONDS = 0.1
"""Time between looks for children and for processes that have ended."""
CHORES_SECONDS = 0.5
LOOK_AGAIN_SECONDS = 0.01
"""The same once somebody could not be read."""
LOOK_SHARE = 0.005
"""Looking may take this share of the time: who has hundreds of threads is looked at less often."""
PATIENCE_SECONDS = 0.5
"""Longest delay of such a look where there is never a pause."""
PIECE_SECONDS = 0.0004
"""A piece of writing is begun only if the next tick is further off than this."""


@dataclass(slots=True)
class Life:
    """One process, and what is told of it at the end."""

    process: RecordedProcess
    samples: int = 0
    first_seconds: float | None = None
    last_seconds: float | None = None
    start_bytes: int | None = None
    peak_bytes: int = 0
    end_bytes: int | None = None
    ended: bool = False

    def add_sample(self, seconds: float, rss_bytes: int) -> None:
        if self.first_seconds is None:
            self.first_seconds, self.start_bytes = seconds, rss_bytes
        self.samples += 1
        self.last_seconds, self.end_bytes = seconds, rss_bytes
        if rss_bytes > self.peak_bytes:
            self.peak_bytes = rss_bytes

    def summary(self) -> ProcessSummary:
        start, end = self.start_bytes, self.end_bytes
        return ProcessSummary(
            pid=self.process.facts.key.pid,
            name=self.process.facts.name,
            samples=self.samples,
            first_seconds=self.first_seconds,
            last_seconds=self.last_seconds,
            start_bytes=start,
            peak_bytes=self.peak_bytes if start is not None else None,
            end_bytes=end,
            growth_bytes=None if start is None or end is None else end - start,
            ended=self.ended,
        )


class Recorder:
    """One recording, from the first tick to the last; everything in one thread."""

    def __init__(
        self,
        family: Family,
        file: ChunkFile,
        *,
        interval_seconds: float,
        for_seconds: float | None = None,
        main_pid: int | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`main_pid`: the process whose end ends the recording; None: the last of all."""
        self._family = family
        self._file = file
        self._interval = interval_seconds
        self._for_seconds = math.inf if for_seconds is None else for_seconds
        self._main_pid = main_pid
        self._clock = clock
        self._ticks = Ticks(interval_seconds, clock)
        self.started_wall_seconds = 0.0
        self.lives: list[Life] = []
        """Everybody who was ever followed, in the order of appearance."""
        self._alive: dict[ProcessKey, Life] = {}
        self._chunk: Chunk | None = None
        self._look_at = self._looked_at = 0.0
        self._chores_at = CHORES_SECONDS
        self.stop_reason = ""
        """Why the recording ends, a key of `summary.ENDINGS`; set from a signal handler, too."""
        self.on_progress: Callable[[Recorder], None] = lambda _: None
        """Called about every half second; must not block."""

    @property
    def ticks(self) -> Ticks:
        """The grid of ticks, with the record of its punctuality."""
        return self._ticks

    @property
    def left_out_count(self) -> int:
        """Number of the command's children for whom there was no room."""
        return len(self._family.kin.left_out)

    @property
    def rss_bytes(self) -> int:
        """The resident sets of all processes together, as last read."""
        return sum(life.end_bytes or 0 for life in self._alive.values())

    def run(self, first: ProcessChanges) -> None:
        """Record until something ends it; `first` is what the family told of itself.

        Raises: OSError if the file cannot be written.
        """
        precision = Precision(self._interval)
        # Nothing here leaves cycles behind, and a collection in between costs ticks.
        gc.collect()
        gc.freeze()
        gc.disable()
        try:
            self.started_wall_seconds = time.time()
            self._ticks = Ticks(self._interval, self._clock)
            self._file.begin(RecordingHead(self.started_wall_seconds, self._interval))
            self._apply_changes(first)
            self._loop(self._ticks, precision)
            self._write_chunk()
        finally:
            gc.enable()
            gc.unfreeze()
            precision.release()

    def _loop(self, ticks: Ticks, precision: Precision) -> None:
        while not self.stop_reason:
            elapsed = ticks.elapsed()
            # Reading comes first, but must not put off everything else for ever.
            patience = 0.0 if elapsed < ticks.due_seconds else PATIENCE_SECONDS
            if elapsed >= self._for_seconds:
                self.stop_reason = "duration"
            elif elapsed >= self._look_at + patience:
                self._refresh_family(elapsed)
            elif elapsed >= self._chores_at + patience:
                self._do_chores(elapsed, precision)
            elif elapsed >= ticks.due_seconds:
                self._tick(elapsed)
            else:
                self._write_or_sleep(min(ticks.due_seconds, self._for_seconds) - elapsed)

    def _tick(self, elapsed: float) -> None:
        readings = self._family.read(self._alive)
        if len(readings) < len(self._alive) and (
            not readings or elapsed > self._looked_at + LOOK_AGAIN_SECONDS
        ):
            self._refresh_family(elapsed)
            if self.stop_reason:
                return
        self._ticks.count_sample(elapsed)
        self._store(elapsed, readings)

    def _store(self, elapsed: float, readings: dict[ProcessKey, MemoryReading]) -> None:
        if self._chunk is None:
            rows = max(1, min(ROWS_PER_CHUNK, int(CHUNK_SECONDS / self._interval)))
            self._chunk = Chunk([life.process for life in self._alive.values()], rows)
        self._chunk.add(elapsed, readings)
        if self._chunk.is_full:
            self._write_chunk()
        for key, reading in readings.items():
            # Who was read may have gone since.
            if (life := self._alive.get(key)) is not None:
                life.add_sample(elapsed, reading.rss_bytes)

    def _write_or_sleep(self, seconds: float) -> None:
        """Write a piece if there is time, else sleep."""
        if seconds < PIECE_SECONDS or not self._file.step():
            time.sleep(min(seconds, LONGEST_SLEEP_SECONDS))

    def _do_chores(self, elapsed: float, precision: Precision) -> None:
        self._chores_at = elapsed + CHORES_SECONDS
        precision.check()
        chunk = self._chunk
        if chunk is not None and elapsed - chunk.times[0] >= CHUNK_SECONDS:
            self._write_chunk()
        self.on_progress(self)

    def _refresh_family(self, elapsed: float) -> None:
        """See who has come, who is called otherwise now, and who has gone."""
        self._apply_changes(self._family.refresh())
        cost = self._ticks.elapsed() - elapsed
        self._looked_at = elapsed
        self._look_at = elapsed + max(LOOK_SECONDS, cost / LOOK_SHARE)

    def _apply_changes(self, changes: ProcessChanges) -> None:
        if changes.gone or changes.appeared:
            self._write_chunk()
        for key in changes.gone:
            if (life := self._alive.pop(key, None)) is not None:
                life.ended = True
        for facts in changes.appeared:
            self._add_life(facts)
        for facts in changes.changed:
            if (life := self._alive.get(facts.key)) is not None:
                life.process = RecordedProcess(number=life.process.number, facts=facts)
                self._file.write_process(life.process)
        if self._main_pid is not None:
            if self._main_pid not in {key.pid for key in self._alive}:
                self.stop_reason = self.stop_reason or "command"
        elif not self._alive:
            self.stop_reason = self.stop_reason or "process"

    def _add_life(self, facts: ProcessFacts) -> None:
        life = Life(RecordedProcess(number=len(self.lives) + 1, facts=facts))
        self.lives.append(life)
        self._alive[facts.key] = life
        self._file.write_process(life.process)

    def _write_chunk(self) -> None:
        chunk, self._chunk = self._chunk, None
        if chunk is not None and chunk.rows:
            self._file.write_chunk(chunk)
