"""Where Memtray's files live: the platform's folders, or all under `MEMTRAY_HOME`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from trayapp.dataclass import dataclass
from trayapp.errors import UsageError
from trayapp.language.catalogue import _

PROFILE_VARIABLE = "MEMTRAY_PROFILE"
DEFAULT_PROFILE = "default"
"""The name of what is used where no profile is chosen."""
_PROFILES = "profiles"
LOCK_NAME = "memtray.lock"
"""The file that the running Memtray holds, in the runtime folder."""
UNFINISHED = "unfinished"
"""The folder of notes about temporary files elsewhere, in the data folder."""
_PROFILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one user's Memtray; none of them need exist yet."""

    config: Path
    """The settings file: what a person writes."""
    data: Path
    """History and snapshots: what must not be lost."""
    runtime: Path
    """Socket and lock: what ends with the session."""

    @property
    def settings_file(self) -> Path:
        """The one settings file."""
        return self.config / "memtray.toml"

    @property
    def history_file(self) -> Path:
        """The SQLite store."""
        return self.data / "history.sqlite3"

    @property
    def state_file(self) -> Path:
        """Snooze and pause: what outlives a restart but is nobody's setting."""
        return self.data / "state.json"

    @property
    def tray_file(self) -> Path:
        """What the icon shows by the wheel, and what a person has been told once."""
        return self.data / "tray.json"

    @property
    def incidents_file(self) -> Path:
        """What was wrong and told when Memtray ended."""
        return self.data / "incidents.json"

    @property
    def log_file(self) -> Path:
        """What Memtray has to say about itself."""
        return self.data / "memtray.log"

    @property
    def alerts_file(self) -> Path:
        """What was told, as JSON lines for programs."""
        return self.data / "alerts.jsonl"

    @property
    def outbox(self) -> Path:
        """What waits for remote channels; a folder."""
        return self.data / "outbox"

    @property
    def advice_file(self) -> Path:
        """What was done by advice, and what is not to be advised."""
        return self.data / "advice.json"

    @property
    def learned_file(self) -> Path:
        """What is usual for each target."""
        return self.data / "learned.json"

    @property
    def program_key_file(self) -> Path:
        """The key that command lines are hashed with in the history."""
        return self.data / "program.key"

    @property
    def snapshots(self) -> Path:
        """One JSON file per snapshot."""
        return self.data / "snapshots"

    @property
    def windows(self) -> Path:
        """Where windows were: one small file each."""
        return self.data / "windows"

    @property
    def shared_runtime(self) -> Path:
        """Where programs listen that Memtray asks: the same folder for all profiles."""
        return shared_runtime(self.runtime)

    def create(self) -> None:
        """Make the folders, readable by this user only where they are new.

        Raises: OSError if a folder cannot be made.
        """
        wanted = (self.config, self.data, self.runtime)
        above = (folder.parents for folder in wanted if folder.parent.name == _PROFILES)
        for folder in (*(each for parents in above for each in (parents[1], parents[0])), *wanted):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def find_paths(env: Mapping[str, str], platform: str = sys.platform) -> Paths:
    """Tell where the files live for the environment `env`; touches nothing.

    `MEMTRAY_PROFILE` names the profile, whose files are in folders of its own below those.

    `MEMTRAY_HOME`, where set, holds everything. Otherwise: the XDG base directories on Linux,
    `~/Library/Application Support` on macOS, `%APPDATA%` and `%LOCALAPPDATA%` on Windows.
    """
    paths = _all_paths(env, platform)
    profile = env.get(PROFILE_VARIABLE, "")
    return paths if profile in ("", DEFAULT_PROFILE) else _of_profile(paths, profile)


def is_profile_name(name: str) -> bool:
    """Whether a profile may be called so: it is the name of a folder on every system."""
    return _PROFILE_NAME.fullmatch(name) is not None


def profile_names(env: Mapping[str, str], platform: str = sys.platform) -> list[str]:
    """The profiles that have been started, in order, without the default one."""
    folder = _all_paths(env, platform).config / _PROFILES
    try:
        return sorted(
            each.name for each in folder.iterdir() if is_profile_name(each.name) and each.is_dir()
        )
    except OSError:
        return []


def home_folder() -> Path:
    """This person's home; the root, as in containers, for a user that the system does not know."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def shared_runtime(runtime: Path) -> Path:
    """Where programs listen that Memtray asks, of the runtime folder of any profile."""
    return runtime.parent.parent if runtime.parent.name == _PROFILES else runtime


def _of_profile(paths: Paths, profile: str) -> Paths:
    if not is_profile_name(profile):
        text = _(
            "{name} cannot be the name of a profile; use 1 to 32 letters, digits, dots, - and _"
        )
        raise UsageError(text.format(name=repr(profile)))
    return Paths(
        config=paths.config / _PROFILES / profile,
        data=paths.data / _PROFILES / profile,
        runtime=paths.runtime / _PROFILES / profile,
    )


def _all_paths(env: Mapping[str, str], platform: str) -> Paths:
    if home := env.get("MEMTRAY_HOME"):
        root = Path(home).expanduser().absolute()
        return Paths(config=root, data=root, runtime=root / "run")
    user = Path(env.get("HOME") or env.get("USERPROFILE") or home_folder())
    if platform == "darwin":
        support = user / "Library" / "Application Support" / "Memtray"
        return Paths(config=support, data=support, runtime=support / "run")
    if platform == "win32":
        roaming = Path(env.get("APPDATA") or user / "AppData" / "Roaming") / "Memtray"
        local = Path(env.get("LOCALAPPDATA") or user / "AppData" / "Local") / "Memtray"
        return Paths(config=roaming, data=local, runtime=local / "run")
    data = _xdg(env, "XDG_STATE_HOME", user / ".local" / "state") / "memtray"
    if "XDG_RUNTIME_DIR" in env and Path(env["XDG_RUNTIME_DIR"]).is_absolute():
        runtime = Path(env["XDG_RUNTIME_DIR"]) / "memtray"
    else:
        runtime = data / "run"
    return Paths(
        config=_xdg(env, "XDG_CONFIG_HOME", user / ".config") / "memtray",
        data=data,
        runtime=runtime,
    )


def current_paths() -> Paths:
    """The paths for this process's environment."""
    return find_paths(os.environ)


def _xdg(env: Mapping[str, str], name: str, default: Path) -> Path:
    # The specification: a path that is not absolute is to be ignored.
    value = Path(env.get(name, ""))
    return value if value.is_absolute() else default


@contextmanager
def unfinished(temporary: Path) -> Iterator[None]:
    """Note a file or folder that is made beside what a person asked for, until it is done.

    Should this process be killed meanwhile, the next start of Memtray removes it.
    """
    note = current_paths().data / UNFINISHED / f"{os.getpid()}-{os.urandom(4).hex()}"
    with suppress(OSError):
        note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        note.write_bytes(os.fsencode(temporary.absolute()))
    try:
        yield
    finally:
        with suppress(OSError):
            note.unlink()
