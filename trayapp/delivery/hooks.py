"""Hooks: the person's own commands, run when an incident is raised, becomes worse or ends."""

from __future__ import annotations

import json
import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.delivery.banner import plain
from trayapp.delivery.hook_run import GIVE_UP_SECONDS, KEPT_OUTPUT_BYTES, HookRun
from trayapp.domain.acting.occasions import Occasion
from trayapp.domain.grouping.captures import base_name
from trayapp.domain.judging.transitions import Transition, key_of_transition
from trayapp.domain.records.identity import target_key
from trayapp.domain.records.levels import Level
from trayapp.domain.records.series import Event
from trayapp.log import Log
from trayapp.settings.records import HookSettings

AT_ONCE = 4
QUEUE_LIMIT = 64
LONGEST_LINE_BYTES = 4096
"""Of the JSON: so much always fits into an empty pipe, so that writing never waits."""

_REMEMBERED = 1024
_LOOK_SECONDS = 0.05
"""How often commands are checked for their end."""
_PAUSE_SECONDS = 0.001
"""Between two reads: with what a pipe holds, some 60 MiB a second."""
_LONGEST_TEXT = 1000
_LONGEST_NAME = 200
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)
_logger = Log(__name__)


@dataclass(frozen=True, slots=True)
class _Job:
    hook: HookSettings
    occasion: Transition | Occasion


class _Running(NamedTuple):
    job: _Job
    run: HookRun


class HookRunner:
    """Runs hooks, four at once, in a thread that lives no longer than there is something to run.

    A command ends with all that it has started: at its time limit, or when it ends itself. What is
    to live on must leave its process group (`setsid`). On Windows only the command and, as far as
    `taskkill` finds them, its children are ended, and its output is not kept. (Not tried there.)
    """

    def __init__(
        self,
        hooks: Callable[[], Sequence[HookSettings]],
        log: Callable[[str], None],
        hidden: Callable[[], Collection[str]] = tuple,
        record: Callable[[Event], None] = lambda _: None,
    ) -> None:
        """Prepare.

        `hooks` gives those in force, in the thread that calls `submit`. `log` takes one line; the
        hooks' thread. `hidden` names variables of the environment that no hook gets: what it
        writes goes to the log, and secrets do not belong there. `record` gets one event for each
        hook that ran, or did not and why; the hooks' thread.
        """
        self._hooks = hooks
        self._log = log
        self._hidden = hidden
        self._record = record
        self._lock = threading.Lock()
        self._queue: list[_Job] = []
        self._submitted: deque[tuple[object, ...]] = deque(maxlen=_REMEMBERED)
        self._dropped: list[_Job] = []
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._stop_at = float("inf")
        """When what still runs is killed; monotonic."""

    @property
    def is_busy(self) -> bool:
        """Return whether a hook runs or waits. Any thread."""
        return self._thread is not None

    def submit(self, transition: Transition | Occasion) -> int:
        """Queue every hook that is meant, once for this occasion. Any thread; never waits.

        Of more than 64 that wait, the oldest of the least severe are given up.

        Returns: how many hooks were taken in.
        """
        hooks = [hook for hook in self._hooks() if is_meant(hook, transition)]
        with self._lock:
            jobs = [_Job(hook, transition) for hook in hooks if self._is_new(hook, transition)]
            if self._stopping or not jobs:
                return 0
            self._queue += jobs
            while len(self._queue) > QUEUE_LIMIT:
                least = min(self._queue, key=lambda job: job.occasion.level)
                self._queue.remove(least)
                self._dropped.append(least)
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="hooks", daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:  # no thread to be had; the next one may get one
                    _logger.error("hooks wait: %s", error)
                else:
                    self._thread = thread
        return len(jobs)

    def stop(self, timeout_seconds: float = 2.0) -> None:
        """Start no more hooks, and kill those that still run after that time. Any thread; waits."""
        with self._lock:
            self._stopping = True
            self._stop_at = time.monotonic() + timeout_seconds
            thread = self._thread
        if thread is not None:
            thread.join(timeout_seconds + GIVE_UP_SECONDS + 1.0)

    def _is_new(self, hook: HookSettings, occasion: Transition | Occasion) -> bool:
        name = (hook.name, occasion)
        if name in self._submitted:
            return False
        self._submitted.append(name)
        return True

    def _work(self) -> None:
        running: list[_Running] = []
        try:
            with _Selector() as selector:
                while self._start_next(selector, running):
                    _read_or_wait(selector)
                    running = [run for run in running if not self._is_over(run)]
        except Exception:  # a fault of ours: the next transition is to find a thread all the same
            _logger.exception("hooks failed")
            for run in running:
                run.run.kill()
            with self._lock:
                self._thread = None

    def _start_next(self, selector: selectors.BaseSelector, running: list[_Running]) -> bool:
        """Start waiting jobs while there is room; return False if the thread is to end."""
        while True:
            with self._lock:
                dropped, self._dropped = self._dropped, []
                jobs: list[_Job] = []
                if self._stopping:
                    dropped += self._queue
                    self._queue.clear()
                else:
                    room = AT_ONCE - len(running)
                    jobs, self._queue = self._queue[:room], self._queue[room:]
                if not jobs and not running and not dropped:
                    self._thread = None
                    return False
            if dropped:
                why = "Memtray ends" if self._stopping else "too many at once"
                names = ", ".join(job.hook.name for job in dropped)
                self._log(f"{len(dropped)} hooks were not run, {why}: {names}")
                for job in dropped:
                    self._record(_event(job, "left_out", why))
            for job in jobs:
                run = self._start(selector, job)
                if run is not None:
                    running.append(run)
            if running:
                return True

    def _start(self, selector: selectors.BaseSelector, job: _Job) -> _Running | None:
        facts = harmless_facts(job.occasion)
        hidden = self._hidden()
        env = {name: value for name, value in os.environ.items() if name not in hidden}
        try:
            hook = job.hook
            run = HookRun(
                selector, hook.command, hook.limit_seconds, env | variables(facts), json_line(facts)
            )
            return _Running(job, run)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            why = f"{job.hook.command[0]} cannot be started: {reason}"
            self._log(f"{_title(job)}: {why}")
            self._record(_event(job, "failed", why))
            return None

    def _is_over(self, running: _Running) -> bool:
        now = time.monotonic()
        job, run = running.job, running.run
        code = run.exit_code()
        if code is not None:
            how = _ended(code) if run.killed_at is None else "was killed"
            how = f"{how} after {now - run.started:.1f} s"
        elif run.killed_at is None:
            if now >= min(run.deadline, self._stop_at):
                run.kill()
            return False
        elif now - run.killed_at > GIVE_UP_SECONDS:
            how = "cannot be killed; it is left alone"
        else:
            return False
        run.finish()
        self._log(f"{_title(job)} {how}{_said(run.output)}")
        is_done = code == 0 and run.killed_at is None
        self._record(_event(job, "done" if is_done else "failed", how))
        return True


def is_meant(hook: HookSettings, occasion: Transition | Occasion) -> bool:
    """Return whether a hook is to be run for something that happened."""
    is_event = isinstance(occasion, Occasion)
    # An application that no target holds may go by the name of one.
    about = occasion.about if isinstance(occasion, Occasion) else key_of_transition(occasion)
    if hook.target is not None and target_key(hook.target) not in (about, base_name(about)):
        return False
    if is_event:
        return occasion.kind in hook.events
    return occasion.kind in hook.on and occasion.level >= Level[hook.level.upper()]


def harmless_facts(occasion: Transition | Occasion) -> dict[str, str | float]:
    """Return the facts of an occasion, each text printable, on one line and of bounded length."""
    return {
        key: plain(value, _LONGEST_TEXT if key in ("title", "body") else _LONGEST_NAME)
        if isinstance(value, str)
        else value
        for key, value in occasion.facts().items()
    }


def variables(facts: Mapping[str, str | float]) -> dict[str, str]:
    """Return the facts as environment variables: MEMTRAY_SUBJECT and so on."""
    return {f"MEMTRAY_{key.upper()}": str(value) for key, value in facts.items()}


def json_line(facts: Mapping[str, str | float]) -> bytes:
    """Return the facts as one line of JSON, at most 4 KiB; to fit, the longest texts are cut."""
    shown = dict(facts)
    while True:
        line = json.dumps(shown, ensure_ascii=False).encode() + b"\n"
        if len(line) <= LONGEST_LINE_BYTES:
            return line
        texts = {key: value for key, value in shown.items() if isinstance(value, str)}
        longest = max(texts, key=lambda key: len(texts[key]))
        shown[longest] = plain(texts[longest], len(texts[longest]) // 2)


def _read_or_wait(selector: selectors.BaseSelector) -> None:
    """Read what commands write, or wait a moment for it."""
    if not selector.get_map():
        time.sleep(_LOOK_SECONDS)  # to select among nothing is an error on Windows
        return
    if ready := selector.select(_LOOK_SECONDS):
        for key, _ in ready:
            key.data.read()
        # A flood is to cost the one who writes it, not the one who throws it away.
        time.sleep(_PAUSE_SECONDS)


def _title(job: _Job) -> str:
    return f"hook {job.hook.name} ({job.occasion.kind} {plain(job.occasion.key, 80)})"


def _event(job: _Job, outcome: str, how: str) -> Event:
    """Return the outcome as an event for the journal."""
    occasion = job.occasion
    return Event(
        wall_seconds=time.time(),
        kind="hook",
        subject=occasion.subject,
        level="" if isinstance(occasion, Occasion) else occasion.level.label,
        text=plain(f"{_title(job)}: {how}", _LONGEST_TEXT),
        data={
            "incident": None if isinstance(occasion, Occasion) else occasion.key,
            "about": occasion.about or None,
            "hook": job.hook.name,
            "transition": occasion.kind,
            "outcome": outcome,
            "reason": None if outcome == "done" else plain(how, _LONGEST_TEXT),
        },
    )


def _ended(code: int) -> str:
    return f"exited with {code}" if code >= 0 else f"was ended by signal {-code}"


def _said(output: bytes) -> str:
    # The log cuts long lines at their end, where the last words are.
    text = plain(output.decode(errors="replace"), 2 * KEPT_OUTPUT_BYTES)[-1500:]
    return f": {text}" if text else ""
