"""Following advice: what Memtray can do itself, measured before and after."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.applet.cleanups import Cleanups
from trayapp.applet.sampler import Sampler
from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.advice.records import EMPTY, EXCEPT, RESTART, SET_LIMIT, Act, Advice
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.identity import application_key, target_of
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import ControlError
from trayapp.language.catalogue import _
from trayapp.language.units import format_size

if TYPE_CHECKING:
    from trayapp.applet.advice_evidence import AdviceEvidence
    from trayapp.domain.judging.learned import Learned
    from trayapp.paths import Paths

_SETTLE_SECONDS = 2.0
_CHILD_SECONDS = 30.0


def gather_evidence(paths: Paths, sampler: Sampler) -> AdviceEvidence:
    """Return what gathers evidence, loaded when there is somebody to gather it for."""
    from trayapp.applet.advice_evidence import AdviceEvidence
    from trayapp.applet.lessons import Lessons

    def publish(learned: Mapping[str, Learned]) -> None:
        sampler.learned = learned

    return AdviceEvidence(
        paths.history_file,
        paths.shared_runtime,
        sampler.read_all_processes,
        Lessons(paths.learned_file, publish),
    )


class Result(NamedTuple):
    """What came of it at once."""

    text: str
    before_bytes: int | None
    after_bytes: int | None
    undo_bytes: int | None = None
    """Of a limit: what it was before."""


class Program(NamedTuple):
    """Whom advice is about, as the applet knows it now."""

    kind: str
    """"target" or "application"."""
    name: str
    keys: tuple[ProcessKey, ...]
    rss_bytes: int | None
    target: TargetView | None = None


class AdviceActs:
    """Does what advice says. A background thread; each may take seconds."""

    def __init__(
        self,
        cleanups: Cleanups,
        sampler: Sampler,
        config_file: Path,
        restart: Callable[[str, str], str],
    ) -> None:
        """`restart` starts the program of a kind and name again, and returns what to say of it."""
        self._cleanups = cleanups
        self._sampler = sampler
        self._config_file = config_file
        self._start_again = restart

    def do(self, advice: Advice, act: Act, program: Program | None) -> Result:
        """Do it now. Raises: MemtrayError, in one line, if nothing was done."""
        if act.does == EXCEPT:
            self.set_exception(act.entry, is_wanted=True)
            text = _("It is shown, and not reported any more: {entry} under [alerts].")
            return Result(text.format(entry=repr(act.entry)), None, None)
        if program is None or not program.keys:
            raise ControlError(_("{name} has already exited.").format(name=advice.name))
        if act.does == RESTART:
            return self._restart(program)
        if act.does == SET_LIMIT:
            return self._set_limit(program, act)
        done = self._cleanups.clean_processes(
            program.name, program.keys, with_caches=act.does == EMPTY
        )
        return Result(done.sentence(), done.before_bytes, done.after_bytes)

    def set_limit(self, name: str, limit_bytes: int) -> None:
        """Write another limit of a target into the settings. Raises: MemtrayError."""
        self._write_settings("set-limit", "--", name, str(limit_bytes))

    def set_exception(self, entry: str, *, is_wanted: bool) -> None:
        """Write an exception into the settings, or take it out. Raises: MemtrayError."""
        self._write_settings("set-exception", *(() if is_wanted else ("--remove",)), "--", entry)

    def _write_settings(self, verb: str, *arguments: str) -> None:
        import subprocess

        from trayapp.applet.children import memtray_command, package_parent

        # In a child: what changes a file and keeps its comments is too large to be resident.
        command = [*memtray_command(), verb, "--config", str(self._config_file), *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=package_parent(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_CHILD_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ControlError(_("Failed: {reason}").format(reason=error)) from error
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            raise ControlError(lines[-1] if lines else _("The settings could not be written."))
        self._sampler.wake()

    def _restart(self, program: Program) -> Result:
        text = self._start_again(program.kind, program.name)
        time.sleep(_SETTLE_SECONDS)
        return Result(text, program.rss_bytes, self._measured(program))

    def _measured(self, program: Program) -> int | None:
        view = self._sampler.view
        key = program.target.name if program.target else program.name
        found = (view.targets if program.target else view.applications) if view else ()
        sizes = [each.rss_bytes for each in found if each.name == key]
        return sizes[0] if sizes else None

    def _set_limit(self, program: Program, act: Act) -> Result:
        target = program.target
        before = target.limit_bytes if target and target.limit_source == "settings" else None
        if act.bytes is None or before is None:
            text = _("{name} has no limit in the settings any more.")
            raise ControlError(text.format(name=program.name))
        self.set_limit(program.name, act.bytes)
        text = _("The limit of {name} is {size} now; before, it was {before}.").format(
            name=program.name, size=format_size(act.bytes), before=format_size(before)
        )
        return Result(text, None, None, before)


def program_of(view: View | None, about: str) -> Program | None:
    """Return whom a key is about; None: it does not run, or is not followed any more."""
    if view is None:
        return None
    name = target_of(about)
    for target in view.targets:
        if name is not None and target.name == name:
            return Program("target", name, target.keys, target.rss_bytes, target)
    for each in view.applications:
        if name is None and each.key is not None and application_key(each.key) == about:
            return Program("application", each.name, each.keys, each.rss_bytes)
    return None
