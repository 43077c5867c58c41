"""What advice goes by beside the view: probes, the history, copies, files in memory.

All of it is asked for in a background thread, a little at a time, and only of what is there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from trayapp.applet.lessons import Lessons
from trayapp.applet.probe_asking import ask_probe
from trayapp.domain.judging.advice.case import Mount, Past, Twins
from trayapp.domain.judging.advice.past import past_of
from trayapp.domain.judging.advice.twins import find_twins
from trayapp.domain.judging.advice.watches import InsideWatch, Told
from trayapp.domain.judging.view import View
from trayapp.domain.records.identity import application_key, target_key
from trayapp.domain.records.samples import ProcessKey, ProcessUse
from trayapp.errors import MemtrayError
from trayapp.log import Log

PAST_SECONDS, TWINS_SECONDS = 3600.0, 600.0
MOST_PASTS = 2
"""So many targets' pasts are read in one round."""
ROUND_SECONDS = 20.0
MOST_PROBES = 16
"""Of one program."""
_log = Log(__name__)
Keys = tuple[ProcessKey, ...]


class AdviceEvidence:
    """Gathers evidence in the background; its attributes are replaced, never changed."""

    def __init__(
        self,
        history_file: Path,
        runtime: Path,
        read_all: Callable[[], Sequence[ProcessUse]],
        lessons: Lessons | None = None,
    ) -> None:
        """`runtime` is where probes listen; `read_all` returns every process, and may block."""
        self.lessons = lessons
        self._history_file = history_file
        self._runtime = runtime
        self._read_all = read_all
        self._pasts_at: dict[str, float] = {}
        self._twins_at = 0.0
        self._stopping = False
        self.is_busy = False
        self.watch = InsideWatch()
        self.pasts: Mapping[str, Past] = {}
        """By the key of a target."""
        self.twins: Mapping[str, Twins] = {}
        self.mounts: tuple[Mount, ...] = ()

    def start_round(self, view: View) -> None:
        """Ask for what is due, without waiting for it. The sampler thread."""
        if self.is_busy or self._stopping:
            return
        self.is_busy = True
        try:
            threading.Thread(target=self._round, args=(view,), name="advice", daemon=True).start()
        except RuntimeError:  # no thread to be had: the next round tries again
            self.is_busy = False

    def stop(self) -> None:
        """Ask no more. Any thread; does not wait."""
        self._stopping = True

    def gather(self, view: View) -> None:
        """Do one round. Any thread but the sampler's; may take seconds."""
        programs = keys_of(view)
        self.watch.add(time.monotonic(), self._ask_probes(programs))
        self._read_pasts(view)
        self._look_for_twins(programs)
        from trayapp.readers.memory_mounts import read_mounts

        self.mounts = tuple(Mount(*each) for each in read_mounts())

    def _round(self, view: View) -> None:
        try:
            self.gather(view)
        except (MemtrayError, OSError) as error:
            _log.info("evidence for advice is missing: %s", error)
        finally:
            self.is_busy = False

    def _ask_probes(self, programs: Mapping[str, Keys]) -> dict[str, Told]:
        from trayapp.control.process_endpoints import PROBE, endpoint_name, find_names

        names = frozenset(find_names(self._runtime, PROBE))
        deadline = time.monotonic() + ROUND_SECONDS
        found: dict[str, Told] = {}
        for about, keys in programs.items() if names else ():
            own = [key for key in keys if endpoint_name(PROBE, *key) in names][:MOST_PROBES]
            told = []
            for key in own:
                if self._stopping or time.monotonic() >= deadline:
                    return found
                answer = self._ask(key)
                if answer is not None:
                    told.append((key, answer))
            if told:
                found[about] = self._told(told)
        return found

    def _ask(self, key: ProcessKey) -> Mapping[str, object] | None:
        try:
            return ask_probe(self._runtime, key, "report") or None
        except (MemtrayError, OSError):
            return None  # It ends, or hangs.

    def _told(self, answers: Sequence[tuple[ProcessKey, Mapping[str, object]]]) -> Told:
        from trayapp.domain.judging.advice.watches import told_of
        from trayapp.readers.malloc_arenas import count_arenas

        told = told_of([answer for _key, answer in answers])
        if told.thread_count is None or told.thread_count <= len(answers):
            return told
        counts = [count_arenas(key.pid) for key, _answer in answers]
        known = [count for count in counts if count is not None]
        return told._replace(arena_count=max(known, default=None))

    def _read_pasts(self, view: View) -> None:
        now = time.monotonic()
        names = {target_key(each.name): each.name for each in view.targets if each.keys}
        self.pasts = {about: past for about, past in self.pasts.items() if about in names}
        due = sorted(
            (about for about in names if now >= self._pasts_at.get(about, 0.0)),
            key=lambda about: self._pasts_at.get(about, 0.0),
        )[:MOST_PASTS]
        if not due:
            return
        from trayapp.history.reader import HistoryReader

        with HistoryReader(self._history_file) as reader:
            for about in due:
                self._pasts_at[about] = now + PAST_SECONDS
                past = past_of(reader, names[about], view.wall_seconds)
                self.pasts = {**self.pasts, about: past}
                if self.lessons is not None:
                    self.lessons.learn(reader, names[about], view.wall_seconds)

    def _look_for_twins(self, programs: Mapping[str, Keys]) -> None:
        now = time.monotonic()
        if now < self._twins_at:
            return
        self._twins_at = now + TWINS_SECONDS
        from trayapp.readers.login_session import login_session

        self.twins = find_twins(self._read_all(), programs, login_session)

    def twins_that_run(self, running: Collection[ProcessKey]) -> dict[str, Twins]:
        """Return the copies of which none has ended; of others, look anew with the next round.

        running: all processes of programs in view. The sampler thread.
        """
        known = self.twins
        found = {about: each for about, each in known.items() if set(each.keys).issubset(running)}
        if len(found) < len(known):
            self._twins_at = 0.0
        return found

    def read_soon(self, abouts: Iterable[str]) -> None:
        """Read the past of these anew with the next round. Any thread."""
        for about in abouts:
            self._pasts_at.pop(about, None)


def keys_of(view: View) -> dict[str, Keys]:
    """Return the processes of every target and followed application that runs, by its key."""
    found = {target_key(each.name): each.keys for each in view.targets if each.keys}
    for each in view.applications:
        if each.key is not None and each.keys:
            found[application_key(each.key)] = each.keys
    return found
