"""The settings file on disk: made at first start, followed while running, added to."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Collection
from pathlib import Path

from trayapp.dataclass import replace
from trayapp.errors import SettingsError
from trayapp.language.catalogue import _
from trayapp.settings.kinds import RefusedError
from trayapp.settings.parsing import parse_settings, read_value
from trayapp.settings.quoting import one_line
from trayapp.settings.records import (
    LONGEST_NAME,
    RESERVED_NAMES,
    TARGETS_TABLE,
    Settings,
    TargetSettings,
    fields_of,
)

_LARGEST_BYTES = 1024 * 1024

# The first comes with the first sample, for which somebody waits.
_POLLS_UNTIL_MADE = 2

_BYTE_ORDER_MARK = "\ufeff"
_SURROGATE = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(r"\\?.", re.DOTALL)

_Signature = tuple[int, int, int, int]


def load_settings(file: Path) -> Settings:
    """Read the settings; at first start make the file, its folder and its comments.

    Raises: SettingsError if the file cannot be made or read, or holds something unusable.
    """
    _create_if_missing(file)
    return _parse(file, *_read(file))


def load_or_default(file: Path) -> Settings:
    """Read the settings; where there are none, return the defaults and make no file.

    Raises: SettingsError if the file cannot be read, or holds something unusable.
    """
    return load_settings(file) if file.exists() else Settings()


class SettingsFile:
    """The settings of a running Memtray, which follow the file.

    `poll` belongs to one thread; `settings` and `problem` may be read from any.

    Raises, when made: SettingsError as `load_settings`.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._polls_until_made = _POLLS_UNTIL_MADE if _can_be_made_later(file) else 0
        if not self._polls_until_made:
            _create_if_missing(file)
        # Taken before reading: a change in between is seen by the first poll.
        self._seen = _sign(file)
        self._doubted: _Signature | None = self._seen
        made = ("", True) if self._polls_until_made else _read(file)
        self.settings = _parse(file, *made)
        """The last good ones."""
        self.problem = self.settings.problem
        """Why the file as it is now, or a part of it, is not in force; one line."""

    def poll(self) -> Settings | SettingsError | None:
        """Check whether the file has changed: one `stat` when it has not. Raises nothing.

        Returns: new settings, which are in force now (equal ones if only a problem went away);
        or, once per change of the file, why it cannot be used, the last good settings staying
        in force; or None when there is nothing new.

        A file that is missing, empty or unusable is believed when two polls have found it so:
        editors empty, remove or half write it for a moment while they save.
        """
        if self._polls_until_made:
            return self._count_to_first_file()
        signature = _sign(self._file)
        if signature == self._seen:
            return None
        try:
            text, is_private = _read(self._file)
            outcome: Settings | SettingsError = _parse(self._file, text, is_private)
            doubtful = not text.strip()
        except SettingsError as error:
            outcome, doubtful = error, True
        if doubtful and signature != self._doubted:
            self._doubted = signature
            return None
        self._seen = self._doubted = signature
        if isinstance(outcome, SettingsError):
            # First, as a menu shows no more than the beginning of what is long.
            text = _("The previous settings still apply. {problem}")
            self.problem = text.format(problem=outcome)
            return SettingsError(self.problem, outcome.mistakes)
        if self.problem == outcome.problem and outcome == self.settings:
            return None
        self.settings, self.problem = outcome, outcome.problem
        return outcome

    def _count_to_first_file(self) -> SettingsError | None:
        self._polls_until_made -= 1
        if not self._polls_until_made:
            try:
                _create_if_missing(self._file)
            except SettingsError as error:
                self.problem = str(error)
                return error
        return None


def add_target(file: Path, target: TargetSettings) -> Settings:
    """Append `target` to the settings file as a [[targets]] block; all else stays as it is.

    A name that is taken gets a number: "app.py (2)". Undecodable bytes of a command line (lone
    surrogates), which TOML cannot hold, turn the match into a regular expression for them.

    Returns: the settings with the target as the last one.
    Raises: SettingsError if the file is unusable, the target does not fit, or the file cannot be
    written; the file is then as it was.
    """

    def append(before: str) -> str:
        others = parse_settings(before, str(file)).targets
        _check_can_append(before, file)
        read_value(fields_of(TARGETS_TABLE)["name"], target.name)
        name = _free_name(target.name, {*RESERVED_NAMES, *(other.name for other in others)})
        newline = "\r\n" if "\r\n" in before else "\n"
        gap = newline if not before or before.endswith("\n") else newline * 2
        from trayapp.settings.template import target_text

        block = target_text(replace(_spell_surrogates(target), name=name))
        return before + gap + block.replace("\n", newline)

    rewrite(file, append)
    return load_settings(file)


def remove_target(file: Path, name: str) -> Settings:
    """Remove the block of a target from the settings file; all else stays as it is.

    Returns: the settings without it.
    Raises: SettingsError if the file is unusable or cannot be written, there is no such target, or
    it cannot be taken out, or something else in the file names it; the file is then as it was.
    """
    from trayapp.settings.removal import without_entry

    def take_out(before: str) -> str:
        if name not in [target.name for target in parse_settings(before, str(file)).targets]:
            text = _("has no tracked program {name}; it may have been removed already")
            raise _error(file, text.format(name=repr(name)))
        after = without_entry(before, TARGETS_TABLE, name)
        if after is None:
            text = _("remove {name} from it by hand; it is not a [[…]] block")
            raise _error(file, text.format(name=repr(name)))
        return after

    rewrite(file, take_out)
    return load_settings(file)


def read_text(file: Path) -> str:
    """Return the text of the settings file, which the first start creates.

    Raises: SettingsError if it cannot be made or read.
    """
    _create_if_missing(file)
    return _read(file)[0]


def rewrite(file: Path, change: Callable[[str], str]) -> tuple[str, str]:
    """Replace the settings file by what `change` makes of its text as it is at this moment.

    Returns: the text before and after.
    Raises: SettingsError, the file being as it was, if `change` refuses, if the result has a
    mistake that was not there before, or if the file cannot be written.
    """
    _create_if_missing(file)
    signature = _sign(file)
    before, is_private = _read(file)
    try:
        after = change(before)
    except RefusedError as error:
        raise _error(file, str(error)) from error
    try:
        _parse(file, after, is_private)
    except SettingsError as error:
        known = _mistakes_of(file, before)
        new = next((each for each in error.mistakes if each not in known), None)
        if new is not None:
            raise SettingsError(new) from error
    if len(after.encode()) > _LARGEST_BYTES:
        raise _error(file, _("is full (1 MiB); remove what you no longer need"))
    if _sign(file) != signature:
        raise _error(file, _("was being changed at the same time; try again"))
    if after != before:
        _write(file, after)
    return before, after


def _mistakes_of(file: Path, text: str) -> tuple[str, ...]:
    try:
        parse_settings(text, str(file))
    except SettingsError as error:
        return error.mistakes
    return ()


def make_target_name(text: str) -> str:
    """Turn what a stranger named, such as a process, into a name that a target may have."""
    shown = "".join(character if character.isprintable() else "?" for character in text)
    return shown[:LONGEST_NAME].strip() or "target"


def _can_be_made_later(file: Path) -> bool:
    """Whether there is no file yet, and nothing in the way of one.

    Its text takes a tenth of the processor time until the icon is there, and the disk its own.
    """
    return not os.path.lexists(file) and os.access(file.parent, os.W_OK | os.X_OK)


def _create_if_missing(file: Path) -> None:
    try:
        if file.exists():
            return
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        text = _(
            "cannot be created: {reason}; make the folder writable, or set MEMTRAY_HOME to another "
            "folder"
        )
        raise _error(file, text.format(reason=error.strerror)) from error
    from trayapp.settings.template import default_text

    _write(file, default_text())


def _parse(file: Path, text: str, is_private: bool) -> Settings:
    """Read the settings, without the secrets of a file that others can read, too."""
    settings = parse_settings(text, str(file))
    if is_private or all(channel.url is None for channel in settings.channels):
        return settings
    import shlex

    told = tuple(channel for channel in settings.channels if channel.url is None)
    remedy = f"chmod 600 {shlex.quote(str(file))}"
    text = _("{file}: other users can read it, so no url under [[channels]] is used; {remedy}")
    problem = one_line(text.format(file=file, remedy=remedy))
    return replace(settings, channels=told, problem=problem)


def _read(file: Path) -> tuple[str, bool]:
    """Return the text, and whether nobody but its user can read it."""
    try:
        # Opening a pipe would wait for somebody to write into it.
        if not stat.S_ISREG(file.stat().st_mode):
            raise _error(file, _("is not a file; move it away and Memtray will write a new one"))
        with file.open("rb") as stream:
            content = stream.read(_LARGEST_BYTES + 1)
            is_private = os.name != "posix" or not os.fstat(stream.fileno()).st_mode & 0o077
    except FileNotFoundError as error:
        text = _("is missing; save it again, or restart Memtray to get a new one")
        raise _error(file, text) from error
    except OSError as error:
        text = _("cannot be read: {reason}; give your user permission to read it")
        raise _error(file, text.format(reason=error.strerror)) from error
    if len(content) > _LARGEST_BYTES:
        raise _error(file, _("is larger than 1 MiB; remove everything that is not a setting"))
    try:
        return content.decode(), is_private
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        text = _("is not UTF-8 text (line {line}); save it as UTF-8")
        raise _error(file, text.format(line=line)) from error


def _write(file: Path, text: str) -> None:
    """Replace the file in one step; its mode stays, and a link stays a link."""
    place = Path(os.path.realpath(file))
    temporary = place.with_name(f".{place.name}.{os.urandom(4).hex()}")
    try:
        mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else 0o600
        if place.exists() and not os.access(place, os.W_OK):
            raise _error(file, _("is write-protected; give your user permission to write it"))
        try:
            with open(temporary, "xb", opener=_open_private) as stream:
                stream.write(text.encode())
                stream.flush()
                os.fsync(stream.fileno())
            temporary.chmod(mode)
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        text = _(
            "cannot be written: {reason}; make the folder writable, or set MEMTRAY_HOME to another "
            "folder"
        )
        raise _error(file, text.format(reason=error.strerror)) from error


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sign(file: Path) -> _Signature | None:
    """Return what one state of the file differs in from another; None: there is no file."""
    try:
        found = file.stat()
    except OSError:
        return None
    # The change time, too: making a file readable leaves the others as they were.
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _check_can_append(text: str, file: Path) -> None:
    import tomllib

    try:
        tomllib.loads(f"{text.removeprefix(_BYTE_ORDER_MARK)}\n[[{TARGETS_TABLE}]]")
    except tomllib.TOMLDecodeError as error:
        raise _error(
            file,
            _(
                "uses targets = […], which Memtray cannot extend; write each of them as a "
                "[[targets]] block"
            ),
        ) from error


def _spell_surrogates(target: TargetSettings) -> TargetSettings:
    regex = target.regex if target.match is None else re.escape(target.match)
    if regex is None or not _SURROGATE.search(target.regex or target.match or ""):
        return target
    return replace(target, match=None, regex=_TOKEN.sub(_spell, regex))


def _spell(token: re.Match[str]) -> str:
    """Return one character of a regular expression, with its backslash if it has one."""
    last = token[0][-1]
    return f"\\u{ord(last):04x}" if _SURROGATE.match(last) else token[0]


def _free_name(name: str, taken: Collection[str]) -> str:
    if name not in taken:
        return name
    endings = (f" ({number})" for number in range(2, len(taken) + 3))
    names = (name[: LONGEST_NAME - len(ending)].rstrip() + ending for ending in endings)
    return next(free for free in names if free not in taken)


def _error(file: Path, text: str) -> SettingsError:
    return SettingsError(one_line(f"{file}: {text}"))
