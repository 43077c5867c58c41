"""Linux, and the other systems that follow the freedesktop.org specifications."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import AlreadyRunningError, PlatformError
from trayapp.language.catalogue import _
from trayapp.paths import home_folder
from trayapp.platforms import linux_processes, posix
from trayapp.platforms.claimed_name import claim_name
from trayapp.platforms.locking import InstanceLock
from trayapp.platforms.login_entry import entry_text, exec_of, is_untouched
from trayapp.platforms.protection import Protection, protect

_OPENERS = (("xdg-open",), ("gio", "open"))
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
"""From malloc.h."""
_LARGE_BYTES = 32 * 1024
_IS_GLIBC = "CS_GNU_LIBC_VERSION" in os.confstr_names

AGAIN_IF_KILLED = (
    # $! is there as soon as the child is; a signal between that and p= found no pid to pass it on.
    'trap "kill \\$!; exit" TERM HUP INT; while :; do "$0" "$@" & p=$!; wait $p; s=$?; '
    "[ $s -gt 128 ] || exit $s; sleep 5; done"
)
"""A shell's script that starts its arguments, and again five seconds after a signal ended them."""
_UNIT_LINES = b"[Service]\nRestart=on-failure\nRestartSec=5\nOOMPolicy=continue\n"

# Desktop Entry Specification, "The Exec key": what must be quoted, and escaped inside quotes.
_RESERVED = frozenset(" \t\n\r\"'\\><~|&;$*?#()`")
_ESCAPED = frozenset('"`$\\')
_VALUE_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class LinuxPlatform(posix.PosixPlatform):
    """Linux: desktop entries, pidfd and glibc."""

    TRIMS_OTHERS = False
    DESCRIPTOR_CEILING = 65536
    """Enough to hold every process of a big machine; children inherit the limit."""

    def autostart_file(self) -> Path:
        return self._folder("XDG_CONFIG_HOME", ".config") / "autostart" / "memtray.desktop"

    def autostart_status(self) -> bool:
        """Return whether the entry is there; a desktop's settings switch it off by a line in it."""
        content = self._read_autostart_file()
        if content is None:
            return False
        text = content.decode("utf-8", "replace")
        lines = {line.replace(" ", "").lower() for line in text.splitlines()}
        return not lines & {"hidden=true", "x-gnome-autostart-enabled=false"}

    def autostart_enable(self, command: Sequence[str]) -> None:
        # Killed for lack of memory, or otherwise, it is to come back.
        again = ("sh", "-c", AGAIN_IF_KILLED, *self._with_home(command))
        comment = _("Watches memory and warns you before it becomes a problem")
        entry = entry_text(exec_value(again), comment)
        posix.replace_file(self.autostart_file(), os.fsencode(entry))
        if self._has_user_manager():
            posix.replace_file(self._unit_file(), _UNIT_LINES)

    def autostart_renew(self, command: Sequence[str]) -> bool:
        text = os.fsdecode(self._read_autostart_file() or b"")
        started = exec_value(self._with_home(command))
        starts_ours = exec_of(text) == started or exec_of(text).endswith(f" {started}")
        # What names another home, or none, belongs to another Memtray.
        is_home = ("MEMTRAY_HOME=" in exec_of(text)) == ("MEMTRAY_HOME=" in started)
        if not (starts_ours and is_home and is_untouched(text)):
            return False
        again = exec_value(("sh", "-c", AGAIN_IF_KILLED, *self._with_home(command)))
        is_missing = self._has_user_manager() and not self._unit_file().exists()
        if exec_of(text) == again and not is_missing:
            return False
        self.autostart_enable(command)
        return True

    def _with_home(self, command: Sequence[str]) -> Sequence[str]:
        home = posix.home_to_carry(self._env)
        return command if home is None else ("env", f"MEMTRAY_HOME={home}", *command)

    def autostart_disable(self) -> None:
        super().autostart_disable()
        posix.remove_file(self._unit_file())

    def _unit_file(self) -> Path:
        """Return the addition to the unit that systemd makes of the entry at login."""
        folder = self._folder("XDG_CONFIG_HOME", ".config") / "systemd" / "user"
        return folder / "app-memtray@autostart.service.d" / "memtray.conf"

    def _has_user_manager(self) -> bool:
        runtime = self._env.get("XDG_RUNTIME_DIR")
        return bool(runtime) and (Path(str(runtime)) / "systemd").is_dir()

    def add_application(self, command: Sequence[str], icon: Path | None) -> bool:
        name = "applications/memtray.desktop"
        own = self._folder("XDG_DATA_HOME", ".local/share") / name
        shared = self._env.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
        known = [own, *(Path(folder) / name for folder in shared.split(":") if folder)]
        if self._env.get("MEMTRAY_HOME") or any(entry.exists() for entry in known):
            return False
        comment = _("Watches memory and warns you before it becomes a problem")
        start = _("Start Memtray in the tray")
        lines = (
            "[Desktop Entry]",
            "Type=Application",
            "Name=Memtray",
            f"Comment={comment}",
            f"Exec={exec_value((*command, 'trends'))}",
            # Where Memtray was removed, desktops no longer show it.
            f"TryExec={_value(command[0])}",
            *([f"Icon={_value(str(icon))}"] if icon else []),
            "Terminal=false",
            "Categories=System;Monitor;",
            "StartupWMClass=Memtray",
            "Actions=start;",
            "",
            "[Desktop Action start]",
            f"Name={start}",
            f"Exec={exec_value((*command, 'start'))}",
        )
        posix.replace_file(own, os.fsencode("\n".join(lines) + "\n"))
        return True

    def single_instance_lock(self, path: Path) -> InstanceLock:
        """Lock the file, and claim a name that stays when the file is removed."""
        lock = super().single_instance_lock(path)
        try:
            lock.claim = claim_name(path)
        except AlreadyRunningError:
            lock.release()
            raise
        return lock

    def protect(self) -> Protection:
        return protect()

    def open_file(
        self, path: Path, on_failure: Callable[[PlatformError], None] | None = None
    ) -> None:
        for name, *options in _OPENERS:
            program = posix.find_program(name, self._env)
            if program is not None:
                # Absolute, so that a name which starts with "-" is not taken for an option.
                command = (program, *options, str(path.absolute()))
                posix.open_with(command, path, self._env, on_failure)
                return
        template = _(
            "No program to open files was found; install xdg-utils, or open {file} yourself."
        )
        raise PlatformError(template.format(file=path))

    def trim_process(self, pid: int) -> None:
        """Refuse: Linux offers no such call to an ordinary user.

        process_madvise(MADV_PAGEOUT) would need CAP_SYS_NICE, and swaps out what is in use.
        """
        template = _(
            "Linux cannot free another process's memory ({pid}). Restart the program, "
            "or add the Python probe to it."
        )
        raise PlatformError(template.format(pid=pid))

    def terminate(self, key: ProcessKey, *, force: bool = False) -> None:
        linux_processes.terminate(key, force=force)

    def check_may_be_ended(self, key: ProcessKey) -> None:
        linux_processes.check_may_be_ended(key)

    def is_running(self, key: ProcessKey) -> bool:
        return linux_processes.is_running(key)

    def program_folder(self, key: ProcessKey) -> Path:
        return linux_processes.program_folder(key)

    def restart_unit(self, unit: str) -> None:
        linux_processes.restart_unit(unit, self._env)

    def share_one_heap(self) -> None:
        """Set M_ARENA_MAX: glibc gives each thread an arena, with free pages, of its own.

        Under the interpreter's lock they do not allocate at the same time anyway.
        """
        if _IS_GLIBC:
            import ctypes

            libc = ctypes.CDLL(None)
            libc.mallopt(_M_ARENA_MAX, 1)
            # Pictures and messages come and go each second: to be given back, not kept for reuse.
            libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)

    def trim_own_heap(self) -> bool | None:
        if not _IS_GLIBC:
            return None
        # psutil.heap_trim() does the same, but importing psutil takes 2.5 MiB: more than a trim
        # of this process usually gives back. ctypes takes 0.4.
        import ctypes

        return bool(ctypes.CDLL(None).malloc_trim(ctypes.c_size_t(0)))

    def _folder(self, variable: str, otherwise: str) -> Path:
        folder = Path(self._env.get(variable, ""))
        return (
            folder
            if folder.is_absolute()
            else Path(self._env.get("HOME") or home_folder()) / otherwise
        )


def exec_value(command: Sequence[str]) -> str:
    """Return a command as the value of an `Exec` key: quoted, then escaped like any other value.

    Source: Desktop Entry Specification 1.5, "The Exec key" and "Possible value types".
    """
    return _value(" ".join(_quoted(argument) for argument in command))


def _value(text: str) -> str:
    return "".join(_VALUE_ESCAPES.get(character, character) for character in text)


def _quoted(argument: str) -> str:
    argument = argument.replace("%", "%%")
    if argument and not _RESERVED.intersection(argument):
        return argument
    escaped = ("\\" + character if character in _ESCAPED else character for character in argument)
    return f'"{"".join(escaped)}"'
