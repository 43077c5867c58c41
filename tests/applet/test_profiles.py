"""Profiles: each has settings, history, lock and socket of its own; names are checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_main import REPOSITORY, Memtray
from trayapp.applet.profiles import apply_profile_option
from trayapp.domain.judging.view import Controls
from trayapp.domain.showing.menu import MenuEntry
from trayapp.domain.showing.tray_menu import menu
from trayapp.errors import UsageError
from trayapp.paths import find_paths, profile_names, shared_runtime


def test_the_option_is_taken_wherever_it_stands_but_not_from_a_command() -> None:
    env = {"HOME": "/h"}
    assert apply_profile_option(["status", "--profile", "work", "--json"], env) == [
        "status",
        "--json",
    ]
    assert env["MEMTRAY_PROFILE"] == "work"
    assert apply_profile_option(["--profile=home"], env) == []
    assert env["MEMTRAY_PROFILE"] == "home"
    run = ["run", "--", "a", "--profile", "x"]
    assert apply_profile_option(run, env) == run
    assert env["MEMTRAY_PROFILE"] == "home"


@pytest.mark.parametrize("name", ["", "..", ".x", "a/b", "-x", "a b", "x" * 33, "ä", "a\n"])
def test_what_cannot_be_a_folder_cannot_be_a_profile(name: str) -> None:
    with pytest.raises(UsageError):
        apply_profile_option(["--profile", name], {"HOME": "/h"})
    if name:
        with pytest.raises(UsageError, match="cannot be the name of a profile"):
            find_paths({"HOME": "/h", "MEMTRAY_PROFILE": name})


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_a_profile_has_folders_of_its_own(platform: str) -> None:
    env = {"HOME": "/h", "APPDATA": "/a", "LOCALAPPDATA": "/l"}
    base = find_paths(env, platform)
    work = find_paths({**env, "MEMTRAY_PROFILE": "work"}, platform)
    assert work.settings_file == base.config / "profiles" / "work" / "memtray.toml"
    assert work.history_file == base.data / "profiles" / "work" / "history.sqlite3"
    assert work.runtime == base.runtime / "profiles" / "work"
    # Programs do not know of profiles: their probes are found by all.
    assert work.shared_runtime == shared_runtime(base.runtime) == base.runtime
    assert find_paths({**env, "MEMTRAY_PROFILE": "default"}, platform) == base


def test_two_profiles_run_beside_each_other(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    (memtray.home / "memtray.toml").write_text('[[targets]]\nname = "first"\nmatch = "x"\n')
    default = memtray.start("start", "--headless")
    memtray.env["MEMTRAY_PROFILE"] = "work"
    own = memtray.home / "profiles" / "work"
    own.mkdir(parents=True)
    (own / "memtray.toml").write_text('[[targets]]\nname = "second"\nmatch = "x"\n')
    work = memtray.start("start", "--headless")
    del memtray.env["MEMTRAY_PROFILE"]
    try:
        names = [
            [one["name"] for one in memtray.json("status", *options)["targets"]]
            for options in ((), ("--profile", "work"), ("--profile=default",))
        ]
        assert names == [["first"], ["second"], ["first"]]
        assert (own / "history.sqlite3").exists()
        assert profile_names(memtray.env) == ["work"]
        assert memtray.run("quit", "--profile", "work").returncode == 0
        assert work.wait(20) == 0
        assert memtray.run("status", "--profile", "work").returncode == 3
        assert memtray.run("status").returncode == 0
    finally:
        for process in (default, work):
            process.terminate()
            process.wait(20)
            process.communicate()


def test_another_profile_is_started_and_what_it_has_to_say_is_passed_on(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    code = (
        "import sys; from trayapp.applet.profiles import start_profile; start_profile(sys.argv[1])"
    )
    own = memtray.home / "profiles" / "work"
    own.mkdir(parents=True)
    (own / "memtray.toml").write_text("[alerts]\nwarning_percent = 500\n")
    command = [sys.executable, "-c", code, "work"]
    env = memtray.env | {"MEMTRAY_TRAY": "none"}
    started = subprocess.run(
        command, env=env, cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert "Cannot start the profile" in started.stderr
    assert "warning_percent" in started.stderr
    (own / "memtray.toml").unlink()
    subprocess.run(command, env=memtray.env, cwd=REPOSITORY, check=True, timeout=60)
    assert memtray.run("status", "--profile", "work").returncode == 0
    subprocess.run(command, env=memtray.env, cwd=REPOSITORY, check=True, timeout=60)
    assert memtray.run("quit", "--profile", "work").returncode == 0


def test_a_running_memtray_is_switched_by_a_verb(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    code, line = memtray.one_line_error("profile", "work")
    assert code == 3
    assert "not running" in line
    default = memtray.start("start", "--headless")
    try:
        assert memtray.json("profile") == [{"name": "default", "running": True}]
        code, line = memtray.one_line_error("profile", "a/b")
        assert code == 2
        assert "cannot be the name of a profile" in line
        assert memtray.json("profile", "work") == {"name": "work", "before": "default"}
        assert default.wait(30) == 0
        assert memtray.json("profile") == [
            {"name": "default", "running": False},
            {"name": "work", "running": True},
        ]
        # From wherever it is given, there is only one that can be meant.
        assert memtray.json("profile", "default") == {"name": "default", "before": "work"}
        assert memtray.run("status").returncode == 0
    finally:
        for options in ((), ("--profile", "work")):
            memtray.run("quit", *options)
        default.terminate()
        default.communicate()


def test_the_menu_has_them_where_there_is_more_than_one() -> None:
    def found(controls: Controls) -> list[MenuEntry]:
        return [entry for entry in menu(None, controls) if entry.key == "profiles"]

    assert found(Controls()) == []
    (entry,) = found(Controls(profile="work", profiles=("default", "work")))
    assert [(one.key, one.label, one.checked) for one in entry.children] == [
        ("profile:default", "Default", False),
        ("profile:work", "work", True),
    ]
