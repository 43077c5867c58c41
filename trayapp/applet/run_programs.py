"""Which program each run of a target runs, kept once in its history.

What reads files and hashes is loaded when a run begins, and reads in a thread of its own.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.domain.judging.view import View
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.domain.records.series import Event
from trayapp.errors import MemtrayError
from trayapp.log import Log

if TYPE_CHECKING:
    from trayapp.domain.records.run_program import RunProgram

PERIOD_SECONDS = 10.0
KEY_BYTES = 16
_HASH_BYTES = 8
_log = Log(__name__)


class RunPrograms:
    """Notices runs that are new to it, and finds out what they run."""

    def __init__(
        self,
        key_file: Path,
        lineages: Callable[[Sequence[ProcessKey]], list[list[ProcessFacts]]],
        record: Callable[[Event], None],
        period_seconds: float = PERIOD_SECONDS,
    ) -> None:
        """`lineages` returns processes that still run, each with its ancestors, and may block.

        `key_file` holds what command lines are hashed with; `record` is called in another thread.
        """
        self._key_file = key_file
        self._lineages = lineages
        self._record = record
        self._period_seconds = period_seconds
        self._due_seconds = 0.0
        self._known: dict[str, tuple[ProcessKey, ...]] = {}
        """The processes of each target as they were last."""
        self.is_busy = False

    def tick(self, view: View) -> None:
        """Look for new runs if it is time. The sampler thread; does not wait."""
        now = time.monotonic()
        if now < self._due_seconds or self.is_busy:
            return
        self._due_seconds = now + self._period_seconds
        fresh = []
        for target in view.targets:
            known, keys = self._known.get(target.name, ()), target.keys
            if keys and keys != known:
                if not any(key in known for key in keys):
                    fresh.append((target.name, keys))
                self._known[target.name] = keys
        if len(self._known) > len(view.targets):
            names = {target.name for target in view.targets}
            self._known = {name: keys for name, keys in self._known.items() if name in names}
        if not fresh:
            return
        self.is_busy = True
        try:
            threading.Thread(target=self._keep, args=(fresh,), name="runs", daemon=True).start()
        except RuntimeError:  # no thread to be had: the next time
            self.is_busy = False
            for name, _keys in fresh:
                self._known.pop(name, None)

    def _keep(self, fresh: Sequence[tuple[str, tuple[ProcessKey, ...]]]) -> None:
        from trayapp.domain.records.run_program import program_event

        try:
            for name, keys in fresh:
                program = self._look(keys)
                if program is not None:
                    self._record(program_event(name, program, time.time()))
        except (MemtrayError, OSError) as error:
            _log.info("what a run runs is not known: %s", error)
        finally:
            self.is_busy = False

    def _look(self, keys: Sequence[ProcessKey]) -> RunProgram | None:
        """Return what the oldest of these processes runs; None: they have ended."""
        from trayapp.domain.records.run_program import RunProgram
        from trayapp.readers.program_file import read_version

        oldest = min(keys, key=lambda key: (key.started, key.pid))
        found = self._lineages([oldest])
        if not found:
            return None
        facts = found[0][0]
        return RunProgram(
            read_version(facts), self._hash(facts.arguments), facts.started_wall_seconds
        )

    def _hash(self, arguments: Sequence[str]) -> str:
        if not arguments:
            return ""
        # hashlib would load OpenSSL: more than all the rest of Memtray's libraries together.
        from _blake2 import blake2s

        text = "\0".join(arguments).encode("utf-8", "surrogatepass")
        return blake2s(text, digest_size=_HASH_BYTES, key=load_key(self._key_file)).hexdigest()


def load_key(file: Path) -> bytes:
    """Return the key of this machine's hashes, made at first. Raises: OSError."""
    try:
        key = file.read_bytes()
        if len(key) == KEY_BYTES:
            return key
        file.unlink()
    except FileNotFoundError:
        pass
    key = os.urandom(KEY_BYTES)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(key)
    return key
