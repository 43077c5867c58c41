"""Advice in the running applet: found every ten seconds, followed when asked, looked at again."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.applet.advice_acts import AdviceActs, Program, program_of
from trayapp.applet.programs import Programs
from trayapp.domain.judging.view import View
from trayapp.domain.records.identity import target_key
from trayapp.domain.records.median import median
from trayapp.domain.records.program_facts import ProgramFacts
from trayapp.domain.records.series import Event, JsonValue
from trayapp.errors import ControlError, MemtrayError, UsageError
from trayapp.language.catalogue import _, listed, paragraph
from trayapp.log import Log

if TYPE_CHECKING:
    from trayapp.applet.advice_cases import Cases, HarmlessRule
    from trayapp.applet.advice_evidence import AdviceEvidence
    from trayapp.applet.lessons import Lessons
    from trayapp.domain.grouping.tasks import Task
    from trayapp.domain.judging.advice.asking import Asker
    from trayapp.domain.judging.advice.book import AdviceBook
    from trayapp.domain.judging.advice.case import Case
    from trayapp.domain.judging.advice.deeds import Deed, Look
    from trayapp.domain.judging.advice.policy import AdviceChooser, AdvicePolicy
    from trayapp.domain.judging.advice.records import Act, Advice
    from trayapp.domain.judging.alerting import Incident

PERIOD_SECONDS = 10.0
FIRST_SECONDS = 5.0
LEAST_TASKS, MOST_TASKS = 10, 40
"""So many tell how long a task takes."""
ADVICE = "advice"
"""The kind of the events about advice that was followed, put aside, or looked at again."""
_log = Log(__name__)


class Advisor:
    """Owns the book of advice. Thread-safe."""

    def __init__(
        self,
        file: Path,
        acts: AdviceActs,
        programs: Programs,
        *,
        make_evidence: Callable[[], AdviceEvidence],
        record: Callable[[Event], None],
        on_new: Callable[[Advice], None] = lambda _advice: None,
        interval_seconds: Callable[[], float] = lambda: 60.0,
        policy: Callable[[], AdvicePolicy] | None = None,
        harmless_rule: Callable[[], HarmlessRule] = lambda: ({}, 0.0),
        period_seconds: float = PERIOD_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to advise; nothing is loaded before the first tick that is due.

        `policy` tells what may be done automatically; None: nothing. `record` keeps events;
        `on_new` hears of advice that was not there before, in the sampler thread.
        `interval_seconds` is the time between two rounds of evidence; `harmless_rule` has the
        exceptions, and for how many seconds what was acknowledged counts.
        """
        self._file = file
        self._acts = acts
        self._programs = programs
        self._make_evidence = make_evidence
        self._record = record
        self._on_new = on_new
        self._interval_seconds = interval_seconds
        self._policy = policy
        self._harmless_rule = harmless_rule
        self._chooser: AdviceChooser | None = None
        self._period_seconds = period_seconds
        self._clock = clock
        self._due = clock() + min(FIRST_SECONDS, period_seconds)
        self._evidence_due = 0.0
        self._lock = threading.RLock()
        self._task_seconds: dict[str, deque[float]] = {}
        """How long the latest tasks of targets took, by the key of the target."""
        self._busy: set[str] = set()
        """Programs about which something is being done."""
        self._book: AdviceBook | None = None
        self._evidence: AdviceEvidence | None = None
        self._asker: Asker | None = None
        self._case_maker: Cases | None = None
        self._facts: dict[str, ProgramFacts] = {}
        self._view: View | None = None

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What stands, the most pressing first. Any thread."""
        return self._book.advice if self._book is not None else ()

    def tick(self, view: View) -> None:
        """Look for advice if it is time. The sampler thread; does not wait."""
        self._view = view
        now = self._clock()
        if self._evidence is not None and now >= self._evidence_due:
            self._evidence_due = now + self._interval_seconds()
            self._evidence.start_round(view)
        if now < self._due:
            return
        self._due = now + self._period_seconds
        with self._lock:
            book, evidence = self._opened()
            self._follow_up(book, view)
            fresh = self._find(book, evidence, view)
            self._act(book, view.wall_seconds)
        for advice in fresh:
            self._on_new(advice)

    def note_task(self, target: str, task: Task) -> None:
        """Hear of a task of a target, for how long its tasks take. Any thread."""
        seconds = self._task_seconds.setdefault(target_key(target), deque(maxlen=MOST_TASKS))
        seconds.append(task.seconds)

    def note_acknowledged(self, incident: Incident) -> None:
        """Remember that the person knows of an incident. Any thread."""
        from trayapp.domain.judging.advice.harmless import with_acknowledgement

        with self._lock:
            book = self._opened()[0]
            now = self._view.wall_seconds if self._view else time.time()
            book.acknowledged = with_acknowledgement(book.acknowledged, incident, now)
            self._save(book)

    def stop(self) -> None:
        """Begin nothing any more. Any thread."""
        if self._evidence is not None:
            self._evidence.stop()

    def status(self) -> dict[str, object]:
        """Return all of it as JSON. Any thread but the sampler's."""
        from trayapp.domain.showing.advice_status import advice_status

        with self._lock:
            return advice_status(self._opened()[0])

    def lessons(self) -> Lessons | None:
        """Return what knows what is usual for targets. Any thread but the sampler's."""
        with self._lock:
            return self._opened()[1].lessons

    def apply(self, wanted: str, *, is_automatic: bool = False) -> Deed:
        """Do what one piece of advice says, as far as Memtray can. A background thread; waits.

        Raises: MemtrayError, in one line, if nothing was done.
        """
        advice, act, program = self._chosen(wanted)
        with self._alone(advice):
            look = self._look(advice.about)
            deed = self._noted(advice, act, look, program)
            deed.is_automatic = is_automatic
            result = self._acts.do(advice, act, program)
            deed.text, deed.undo_bytes, deed.undo_entry = result.text, result.undo_bytes, act.entry
            deed.set_bytes = act.bytes
            if result.before_bytes is not None and result.after_bytes is not None:
                deed.before_bytes = result.before_bytes
                deed.saved_bytes = result.before_bytes - result.after_bytes
            deed.wall_seconds = time.time()
            with self._lock:
                book, evidence = self._opened()
                book.note(deed)
                if not act.entry:
                    self._task_seconds.pop(advice.about, None)
                    evidence.watch.forget(advice.about)
                self._save(book)
        self._tell(deed, result.text, advice.evidence)
        return deed

    def dismiss(self, wanted: str, *, for_good: bool = False) -> Advice:
        """Put advice aside for a day, or for good. Any thread. Raises: UsageError."""
        with self._lock:
            book = self._opened()[0]
            advice = self._only(book, wanted)
            book.dismiss(advice.id, time.time(), for_good=for_good)
            self._save(book)
        text = _("Not now: {title}") if not for_good else _("Never: {title}")
        self._keep(advice.name, advice.about, text.format(title=advice.title), {"id": advice.id})
        return advice

    def undo(self, wanted: str) -> str:
        """Undo what was done last by this advice; return what was done. Raises: MemtrayError."""
        with self._lock:
            deed = self._opened()[0].last_deed(wanted)
        if deed is None or not deed.can_be_undone:
            raise UsageError(_("Nothing to undo for {name}.").format(name=repr(wanted)))
        if deed.undo_bytes is not None:
            self._check_limit(deed)
            self._acts.set_limit(deed.name, deed.undo_bytes)
        else:
            self._acts.set_exception(deed.undo_entry, is_wanted=False)
        with self._lock:
            deed.is_undone = True
            if deed.undo_entry:  # who takes it back does not want to be asked again
                self._opened()[0].dismiss(deed.id, time.time(), for_good=True)
            self._save(self._opened()[0])
        text = _("Undone: {title}").format(title=deed.title)
        self._keep(deed.name, deed.about, text, {"id": deed.id})
        return text

    def _check_limit(self, deed: Deed) -> None:
        """Raise ControlError if the limit is neither what was set nor, still, what it was."""
        program = program_of(self._view, deed.about)
        if program is None or program.target is None or deed.set_bytes is None:
            return
        limit = program.target.limit_bytes
        if program.target.limit_source != "settings" or limit not in (
            deed.set_bytes,
            deed.undo_bytes,
        ):
            text = _("The limit of {name} was changed since; it stays as it is.")
            raise ControlError(text.format(name=deed.name))

    def _act(self, book: AdviceBook, now: float) -> None:
        """Follow what may be followed automatically, one at a time."""
        from trayapp.domain.judging.advice.policy import AdviceChooser, AdvicePolicy

        policy = self._policy() if self._policy is not None else AdvicePolicy()
        self._chooser = self._chooser or AdviceChooser()
        advice = None if self._busy else self._chooser.choose(book, policy, now)
        if advice is None:
            return
        if policy.dry_run:
            self._keep_dry(advice)
            return
        try:
            threading.Thread(
                target=self._apply_alone, args=(advice,), name="advice", daemon=True
            ).start()
        except RuntimeError as error:  # no thread to be had: short of memory, most likely
            _log.warning("%s: %s", advice.title, error)

    def _apply_alone(self, advice: Advice) -> None:
        try:
            self.apply(advice.id, is_automatic=True)
        except (MemtrayError, OSError) as error:
            text = _("{title} (automatically): {text}").format(title=advice.title, text=error)
            self._keep(advice.name, advice.about, text, {"id": advice.id, "automatic": True})

    def _keep_dry(self, advice: Advice) -> None:
        from trayapp.domain.showing.advice_lines import expected_line

        text = _("Dry run: {title}.").format(title=advice.title)
        data: dict[str, JsonValue] = {"id": advice.id, "dry_run": True, "reason": advice.evidence}
        if advice.saving is not None:
            data["expected_low_bytes"] = advice.saving.low_bytes
            data["expected_high_bytes"] = advice.saving.high_bytes
        said = paragraph(text, advice.evidence, expected_line(advice))
        self._keep(advice.name, advice.about, said, data)

    def _opened(self) -> tuple[AdviceBook, AdviceEvidence]:
        if self._book is None or self._evidence is None:
            from trayapp.applet.advice_file import load_book

            self._book = load_book(self._file)
            self._evidence = self._make_evidence()
        return self._book, self._evidence

    def _chosen(self, wanted: str) -> tuple[Advice, Act, Program | None]:
        with self._lock:
            advice = self._only(self._opened()[0], wanted)
        act = advice.automatic
        if act is None:
            text = _("Memtray cannot do this: {what}.")
            raise ControlError(text.format(what=advice.acts[0].what))
        return advice, act, program_of(self._view, advice.about)

    def _only(self, book: AdviceBook, wanted: str) -> Advice:
        found = book.find(wanted)
        if len(found) == 1:
            return found[0]
        if not book.advice:
            raise UsageError(_("No advice at the moment."))
        text = _("No single advice matches {name}; there is: {ids}.")
        raise UsageError(
            text.format(name=repr(wanted), ids=listed(each.id for each in book.advice))
        )

    @contextmanager
    def _alone(self, advice: Advice) -> Iterator[None]:
        """Nothing is done about a program while something is. Raises: ControlError."""
        with self._lock:
            if advice.about in self._busy:
                text = _("Something is already being done about {name}; wait for it.")
                raise ControlError(text.format(name=advice.name))
            self._busy.add(advice.about)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(advice.about)

    def _noted(self, advice: Advice, act: Act, look: Look, program: Program | None) -> Deed:
        from trayapp.applet.cleanups import trend_of
        from trayapp.domain.judging.advice.deeds import deed_of

        deed = deed_of(advice, act.does, time.time(), look)
        if program is not None and program.target is not None:
            deed.rate_bytes_per_second = max(0.0, trend_of(program.target) or 0.0)
        for other in self.advice:
            if other.kind == advice.kind and other.about != advice.about:
                deed.control_about = other.about
                deed.control_bytes = self._look(other.about).size_bytes
                break
        return deed

    def _look(self, about: str) -> Look:
        from trayapp.domain.judging.advice.deeds import Look

        program = program_of(self._view, about)
        if program is None or not program.keys:
            return Look(None)
        seconds = list(self._task_seconds.get(about, ()))
        usual = median(seconds) if len(seconds) >= LEAST_TASKS else None
        return Look(program.rss_bytes, frozenset(program.keys), usual)

    def _follow_up(self, book: AdviceBook, view: View) -> None:
        news = book.follow_up(view.wall_seconds, self._look)
        for deed in news:
            text = _("{title}: {result}").format(title=deed.title, result=deed.sentence())
            self._keep(deed.name, deed.about, text, {"id": deed.id, "held": deed.held})
        if news:
            self._save(book)

    def _find(self, book: AdviceBook, evidence: AdviceEvidence, view: View) -> tuple[Advice, ...]:
        from trayapp.applet.advice_cases import machine_of
        from trayapp.domain.judging.advice.asking import Asker

        self._asker = self._asker or Asker()
        cases = self._cases(evidence, view)
        machine = machine_of(book, evidence, view, cases, self._harmless_rule())
        found = self._asker.advise(cases, machine)
        # What a program allows is known of what the menu shows; of others it is asked for.
        if any(case is not None and case.about not in self._programs.known for _, case in found):
            self._ask_facts(view, [case for _, case in found if case is not None])
            found = self._asker.advise(self._cases(evidence, view), machine)
        return book.update(found, machine)

    def _ask_facts(self, view: View, cases: list[Case]) -> None:
        known = self._programs.known
        self._facts = {}
        for case in cases:
            if case.about not in known:
                try:
                    facts = self._programs.about(view, case.about)
                except MemtrayError:
                    continue
                if facts is not None:
                    self._facts[case.about] = facts

    def _cases(self, evidence: AdviceEvidence, view: View) -> list[Case]:
        from trayapp.applet.advice_cases import Cases

        self._case_maker = self._case_maker or Cases(self._clock)
        return self._case_maker.make(evidence, view, self._programs.known, self._facts)

    def _tell(self, deed: Deed, text: str, evidence: str) -> None:
        data: dict[str, JsonValue] = {
            "id": deed.id,
            "automatic": deed.is_automatic,
            "saved_bytes": deed.saved_bytes,
        }
        said = _("{title}: {result}")
        if deed.is_automatic:
            said = _("{title} (automatically): {text}")
            data["reason"] = evidence
        said = said.format(title=deed.title, result=text, text=text)
        self._keep(deed.name, deed.about, said, data)

    def _keep(self, name: str, about: str, text: str, data: Mapping[str, JsonValue]) -> None:
        self._record(
            Event(
                wall_seconds=time.time(),
                kind=ADVICE,
                subject=name,
                text=text,
                data={"about": about, **data},
            )
        )

    def _save(self, book: AdviceBook) -> None:
        from trayapp.applet.advice_file import save_book

        book.forget_past(time.time())
        try:
            save_book(self._file, book)
        except OSError as error:
            _log.warning("advice is not kept: %s", error)
