"""Linux for real: start at login, openers, locks, limits."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.readers.children import eventually
from trayapp.errors import AlreadyRunningError, PlatformError
from trayapp.platforms import current_platform
from trayapp.platforms.linux import LinuxPlatform, exec_value
from trayapp.platforms.login_entry import entry_text

ARGUMENTS = [
    *("plain", "two words", "", " ", "100%", "%f", "$HOME", "`id`", "a\\b", "\\", '"quoted"'),
    *("it's", "~", "new\nline", "tab\t", "ü–", "#", "a=b", "x;y&z|<>*?()", "\\$"),
]


def parse_exec(value: str) -> list[str]:
    """A reader of Exec values written from the specification alone: unescape, split, expand."""
    escapes = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
    characters = iter(value)
    line = "".join(escapes[next(characters)] if c == "\\" else c for c in characters)
    arguments: list[str] = []
    position = 0
    while position < len(line):
        argument = ""
        if line[position] == '"':
            position += 1
            while line[position] != '"':
                if line[position] == "\\":
                    position += 1
                argument += line[position]
                position += 1
            position += 1
        else:
            while position < len(line) and line[position] != " ":
                assert line[position] not in "\t\n\"'\\><~|&;$*?#()`"
                argument += line[position]
                position += 1
        assert position == len(line) or line[position] == " "
        position += 1
        assert "%" not in argument.replace("%%", "")
        arguments.append(argument.replace("%%", "%"))
    return arguments


@given(st.lists(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]))))
def test_any_command_survives_the_exec_key(command: list[str]) -> None:
    value = exec_value(command)
    assert "\n" not in value
    assert parse_exec(value) == command


def test_the_desktops_own_launcher_gets_our_arguments(tmp_path: Path) -> None:
    """GLib, which starts these entries on most desktops, reads what we meant."""
    if shutil.which("gio") is None:
        pytest.skip("gio is not installed")
    written = tmp_path / "arguments"
    code = (
        "import os, sys; path = sys.argv[1];"
        "open(path + '.part', 'w').write(repr((os.environ['MEMTRAY_HOME'], sys.argv[2:])));"
        "os.rename(path + '.part', path)"
    )
    env = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "MEMTRAY_HOME": "/home/50 % $off"}
    command = [sys.executable, "-c", code, str(written), *ARGUMENTS]
    LinuxPlatform(env).autostart_enable(command)
    entry = tmp_path / "autostart" / "memtray.desktop"
    subprocess.run(["gio", "launch", entry], check=True, timeout=20)
    eventually(written.exists)
    assert written.read_text() == repr(("/home/50 % $off", ARGUMENTS))


def test_start_at_login_on_status_off(tmp_path: Path) -> None:
    platform = LinuxPlatform({"HOME": str(tmp_path)})
    assert not platform.autostart_status()
    platform.autostart_enable(["/opt/memtray", "start"])
    entry = tmp_path / ".config" / "autostart" / "memtray.desktop"
    assert exec_of(entry)[-2:] == ["/opt/memtray", "start"]
    assert platform.autostart_status()
    assert [each.name for each in entry.parent.iterdir()] == [entry.name]
    platform.autostart_disable()
    platform.autostart_disable()
    assert not platform.autostart_status()
    assert not entry.exists()


def exec_of(entry: Path) -> list[str]:
    lines = entry.read_text().splitlines()
    return parse_exec(
        next(line for line in lines if line.startswith("Exec=")).removeprefix("Exec=")
    )


def test_what_starts_at_login_is_started_again_when_killed_and_ends_when_it_has_ended(
    tmp_path: Path,
) -> None:
    count = tmp_path / "count"
    program = f"echo >> {count}; [ $(wc -l < {count}) -gt 2 ] || kill -9 $$"
    LinuxPlatform({"XDG_CONFIG_HOME": str(tmp_path)}).autostart_enable(["sh", "-c", program])
    shell, option, script, *command = exec_of(tmp_path / "autostart" / "memtray.desktop")
    done = subprocess.run(
        [shell, option, script.replace("sleep 5", "sleep 0"), *command], timeout=20, check=False
    )
    assert count.read_text() == "\n" * 3
    assert done.returncode == 0


def test_a_session_that_ends_ends_what_started_at_login(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    LinuxPlatform({"XDG_CONFIG_HOME": str(tmp_path)}).autostart_enable(
        ["sh", "-c", f"echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 60"]
    )
    with subprocess.Popen(exec_of(tmp_path / "autostart" / "memtray.desktop")) as shell:
        eventually(pid_file.exists)
        shell.terminate()
        shell.wait(10)
    pid = int(pid_file.read_text())
    eventually(lambda: not Path(f"/proc/{pid}").exists())


def test_systemd_starts_it_again_where_that_starts_sessions(tmp_path: Path) -> None:
    (tmp_path / "run" / "systemd").mkdir(parents=True)
    env = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    platform = LinuxPlatform(env)
    platform.autostart_enable(["memtray"])
    unit = tmp_path / "systemd/user/app-memtray@autostart.service.d/memtray.conf"
    assert "Restart=on-failure\n" in unit.read_text()
    platform.autostart_disable()
    assert not unit.exists()


OLD_ENTRY = """[Desktop Entry]
Type=Application
Name=Memtray
Comment=Überwacht den Speicher
Exec={0}
Terminal=false
X-GNOME-Autostart-enabled=true
"""
COMMAND = ["/opt/my tools/python", "-m", "trayapp", "start"]


def test_an_entry_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "run" / "systemd").mkdir(parents=True)
    env = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    platform = LinuxPlatform(env)
    assert not platform.autostart_renew(COMMAND)
    entry = tmp_path / "autostart" / "memtray.desktop"
    assert not entry.exists()
    # Before it came back when it was killed; and when there was no sum in it.
    again = ["sh", "-c", 'while :; do "$0" "$@"; done', *COMMAND]
    for old in (COMMAND, again):
        entry.parent.mkdir(exist_ok=True)
        entry.write_text(OLD_ENTRY.format(exec_value(old)))
        assert platform.autostart_renew(COMMAND)
        assert exec_of(entry)[0] == "sh"
        assert exec_of(entry)[-4:] == COMMAND
        assert "sleep 5" in exec_of(entry)[2]
        assert (tmp_path / "systemd/user/app-memtray@autostart.service.d/memtray.conf").exists()
        # Once.
        assert not platform.autostart_renew(COMMAND)
    # And what this version wrote, by the next one.
    text = entry.read_text()
    entry.write_text(entry_text(exec_value(COMMAND), "Watches"))
    assert platform.autostart_renew(COMMAND)
    assert entry.read_text() == text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Terminal=false", "Terminal=true"),
        ("Name=Memtray", "Name=My Memtray"),
        ("X-GNOME-Autostart-enabled=true\n", "X-GNOME-Autostart-Delay=20\n"),
        ("[Desktop Entry]\n", "# mine\n[Desktop Entry]\n"),
        ("start\n", "start --interval 5s\n"),
        ("start\n", "start\nHidden=true\n"),
        ("/opt/my tools/python", "/opt/other/python"),
        ('"/opt', 'env MEMTRAY_HOME=/elsewhere "/opt'),
    ],
)
@pytest.mark.parametrize("has_sum", [False, True])
def test_an_entry_that_somebody_has_changed_is_left_alone(
    tmp_path: Path, old: str, new: str, has_sum: bool
) -> None:
    platform = LinuxPlatform({"XDG_CONFIG_HOME": str(tmp_path)})
    entry = tmp_path / "autostart" / "memtray.desktop"
    entry.parent.mkdir()
    started = exec_value(COMMAND)
    text = entry_text(started, "Watches") if has_sum else OLD_ENTRY.format(started)
    changed = text.replace(old, new, 1)
    assert changed != text
    entry.write_text(changed)
    assert not platform.autostart_renew(COMMAND)
    assert entry.read_text() == changed


@pytest.mark.parametrize(("old", "new"), [("Exec=", "Exec=nice "), ("Watches", "Mine")])
def test_a_sum_tells_what_cannot_be_seen(tmp_path: Path, old: str, new: str) -> None:
    platform = LinuxPlatform({"XDG_CONFIG_HOME": str(tmp_path)})
    entry = tmp_path / "autostart" / "memtray.desktop"
    entry.parent.mkdir()
    changed = entry_text(exec_value(COMMAND), "Watches").replace(old, new, 1)
    entry.write_text(changed)
    assert not platform.autostart_renew(COMMAND)
    assert entry.read_text() == changed


@pytest.mark.parametrize(
    "line", ["Hidden=true", "X-GNOME-Autostart-enabled=false", "Hidden = true"]
)
def test_a_desktops_own_switch_is_seen_and_overruled(tmp_path: Path, line: str) -> None:
    """Session settings switch an entry off by a line in it; turning it on takes that line away."""
    platform = LinuxPlatform({"XDG_CONFIG_HOME": str(tmp_path)})
    platform.autostart_enable(["memtray"])
    entry = tmp_path / "autostart" / "memtray.desktop"
    text = entry.read_text().replace("X-GNOME-Autostart-enabled=true\n", "")
    entry.write_text(text + line + "\n")
    assert not platform.autostart_status()
    platform.autostart_enable(["memtray"])
    assert platform.autostart_status()


def test_a_relative_home_is_carried_as_an_absolute_one(tmp_path: Path) -> None:
    """The session starts somewhere else."""
    LinuxPlatform({"XDG_CONFIG_HOME": str(tmp_path), "MEMTRAY_HOME": "here"}).autostart_enable(
        ["m"]
    )
    text = (tmp_path / "autostart" / "memtray.desktop").read_text()
    assert f" env MEMTRAY_HOME={Path.cwd()}/here m\n" in text


def test_a_relative_config_folder_is_ignored(tmp_path: Path) -> None:
    """As the XDG base directory specification asks."""
    LinuxPlatform({"HOME": str(tmp_path), "XDG_CONFIG_HOME": "here"}).autostart_enable(["m"])
    assert (tmp_path / ".config" / "autostart" / "memtray.desktop").exists()


def test_an_unwritable_folder_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "autostart").write_text("a file where a folder should be")
    platform = LinuxPlatform({"XDG_CONFIG_HOME": str(tmp_path)})
    with pytest.raises(PlatformError, match=r"^Cannot write .*memtray\.desktop: .*\.$"):
        platform.autostart_enable(["m"])
    with pytest.raises(PlatformError, match=r"^Cannot remove .*memtray\.desktop: .*\.$"):
        platform.autostart_disable()


def opener(folder: Path, name: str, script: str) -> dict[str, str]:
    """An environment in which `name` is this shell script."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": str(folder), "OUT": str(folder / "out")}


@pytest.mark.parametrize("name", ["xdg-open", "gio"])
def test_a_file_opens_in_a_program_of_its_own(tmp_path: Path, name: str) -> None:
    """Its own session, nothing of our terminal, the path in one piece, and no zombie left."""
    script = 'echo "$$ $(/bin/ps -o sid= -p $$)" "$*" > $OUT.part; /bin/mv $OUT.part $OUT'
    env = opener(tmp_path, name, script)
    target = tmp_path / "-rf my settings.toml"
    failures: list[PlatformError] = []
    LinuxPlatform(env).open_file(target, failures.append)
    eventually((tmp_path / "out").exists)
    pid, session, arguments = (tmp_path / "out").read_text().split(maxsplit=2)
    assert pid == session
    assert arguments.removeprefix("open ") == f"{target}\n"
    eventually(lambda: not Path(f"/proc/{pid}").exists())
    assert failures == []


def test_a_relative_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else a name that starts with "-" would be an option."""
    monkeypatch.chdir(tmp_path)
    env = opener(tmp_path, "xdg-open", 'echo "$*" > $OUT.part; /bin/mv $OUT.part $OUT')
    LinuxPlatform(env).open_file(Path("--help"))
    eventually((tmp_path / "out").exists)
    assert (tmp_path / "out").read_text() == f"{tmp_path}/--help\n"


def test_what_the_opener_says_later_is_told(tmp_path: Path) -> None:
    failures: list[PlatformError] = []
    platform = LinuxPlatform(opener(tmp_path, "xdg-open", "exit 3"))
    platform.open_file(tmp_path / "settings.toml", failures.append)
    eventually(lambda: failures)
    assert "settings.toml" in str(failures[0])
    assert "xdg-open failed with 3" in str(failures[0])


def test_no_opener_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match=r"xdg-utils.*settings\.toml"):
        LinuxPlatform({"PATH": str(tmp_path)}).open_file(tmp_path / "settings.toml")


def test_an_opener_that_cannot_start_is_said(tmp_path: Path) -> None:
    env = opener(tmp_path, "xdg-open", "")
    (tmp_path / "xdg-open").write_text("#!/no/such/interpreter\n")
    with pytest.raises(PlatformError, match="Cannot start"):
        LinuxPlatform(env).open_file(tmp_path / "x")


HOLDER = """
import pathlib, sys
from trayapp.platforms import current_platform
lock = current_platform().single_instance_lock(pathlib.Path(sys.argv[1]))
print(flush=True)
input()
"""


def test_the_lock_is_free_after_kill_9(tmp_path: Path) -> None:
    """While another process lives, it is named; however it ends, the next one starts."""
    path = tmp_path / "lock"
    platform = current_platform()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(AlreadyRunningError, match=f"process {holder.pid};") as caught:
            platform.single_instance_lock(path)
        assert caught.value.exit_code == 3
        holder.send_signal(signal.SIGKILL)
    with platform.single_instance_lock(path) as lock:
        assert path.read_text() == f"{os.getpid()}\n"
        with pytest.raises(AlreadyRunningError):
            platform.single_instance_lock(path)
    lock.release()
    platform.single_instance_lock(path).release()


def test_a_refused_lock_leaves_no_descriptor(tmp_path: Path) -> None:
    platform = current_platform()
    with platform.single_instance_lock(tmp_path / "lock"):
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(5):
            with pytest.raises(AlreadyRunningError):
                platform.single_instance_lock(tmp_path / "lock")
        assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("content", [b"", b"not a pid", b"\xff" * 99])
def test_a_holder_that_left_no_pid_is_not_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lock"
    platform = current_platform()
    with platform.single_instance_lock(path):
        path.write_bytes(content)
        with pytest.raises(AlreadyRunningError, match="already running;"):
            platform.single_instance_lock(path)


def test_a_link_in_place_of_the_lock_is_refused(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "lock").symlink_to(victim)
    with pytest.raises(PlatformError, match="Cannot open the lock file"):
        current_platform().single_instance_lock(tmp_path / "lock")
    assert victim.read_text() == "precious"


@pytest.mark.parametrize(("soft", "hard", "expected"), [(64, 128, 128), (100, 100, 100)])
def test_the_descriptor_limit_is_raised_to_the_hard_one(
    soft: int, hard: int, expected: int
) -> None:
    code = f"""
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
        from trayapp.platforms import current_platform
        platform = current_platform()
        assert platform.raise_descriptor_limit() == {expected}
        assert platform.raise_descriptor_limit() == {expected}
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == ({expected}, {hard})
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


def test_what_linux_does_not_offer_is_said() -> None:
    platform = current_platform()
    with pytest.raises(PlatformError, match="Linux cannot free"):
        platform.trim_process(os.getpid())


def test_freed_memory_goes_back_to_the_system() -> None:
    """Many small blocks, freed behind one that stays, are what malloc keeps by itself."""
    code = """
        import ctypes
        from trayapp.platforms import current_platform

        def rss_pages():
            return int(open("/proc/self/statm").read().split()[1])

        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        libc.free.argtypes = [ctypes.c_void_p]
        blocks = [libc.malloc(2000) for _ in range(20000)]
        for block in blocks:
            ctypes.memset(ctypes.c_void_p(block), 1, 2000)
        for block in blocks[:-1]:
            libc.free(block)
        before = rss_pages()
        trimmed = current_platform().trim_own_heap()
        if trimmed is not None:
            assert trimmed
            assert before - rss_pages() > 5000, (before, rss_pages())
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)], check=True)


def test_an_application_that_is_known_or_has_a_home_of_its_own_is_not_added(
    tmp_path: Path,
) -> None:
    env = {"HOME": str(tmp_path), "XDG_DATA_DIRS": str(tmp_path / "shared")}
    entry = tmp_path / ".local/share/applications/memtray.desktop"
    command = ("/opt/my tools/python", "-m", "trayapp")
    assert not LinuxPlatform(env | {"MEMTRAY_HOME": "/x"}).add_application(command, None)
    shared = tmp_path / "shared/applications/memtray.desktop"
    shared.parent.mkdir(parents=True)
    shared.touch()
    assert not LinuxPlatform(env).add_application(command, None)
    assert not entry.exists()
    shared.unlink()
    assert LinuxPlatform(env).add_application(command, Path("/opt/icon.png"))
    lines = entry.read_text(encoding="utf-8").splitlines()
    assert 'Exec="/opt/my tools/python" -m trayapp trends' in lines
    assert "TryExec=/opt/my tools/python" in lines
    assert "Icon=/opt/icon.png" in lines
    assert not LinuxPlatform(env).add_application(("other",), None)
