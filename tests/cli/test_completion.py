"""Completion in real shells: verbs, options, choices, target names and files."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.domain.building import facts
from trayapp.cli.completion import SHELLS, completion_script
from trayapp.cli.grammar import read_grammar
from trayapp.cli.main import full_parser
from trayapp.cli.running_groups import running_names
from trayapp.domain.records.samples import ContainerName, User

SETTINGS = """
[[targets]]
name = "web server"
match = "x"

[[targets]]
name = "$(touch harmed)"
match = "y"
"""
Complete = Callable[..., list[str]]

BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_memtray
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
source "$1"; shift
compadd() {
    local -a given; given=()
    while (( $# )); do
        case $1 in (-a) given=("${(@P)2}"); shift ;; (-d) shift ;; (-*) ;; (*) given+=("$1") ;; esac
        shift
    done
    print -rl -- "${(@)given}"
}
_files() { print -rl -- *(N) }
words=("$@"); CURRENT=$#
_memtray
"""


@pytest.fixture(params=SHELLS)
def complete(request: pytest.FixtureRequest, tmp_path: Path) -> Complete:
    """What a shell offers for the last of some words, in a folder with two files."""
    shell = str(request.param)
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    home = tmp_path / "home"
    home.mkdir()
    (home / "memtray.toml").write_text(SETTINGS)
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("old log.memrec", "other.csv"):
        (folder / name).touch()
    script = tmp_path / f"memtray.{shell}"
    script.write_text(completion_script(shell, read_grammar(full_parser())), encoding="utf-8")
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "memtray").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m trayapp "$@"\n')
    (commands / "memtray").chmod(0o755)
    env = {
        **os.environ,
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parent.parent.parent),
        "MEMTRAY_HOME": str(home),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
    }

    def ask(*words: str) -> list[str]:
        line = " ".join(("memtray", *words))
        started = {
            "bash": ["--norc", "-c", BASH, "bash", str(script), "memtray", *words],
            "zsh": ["-f", "-c", ZSH, "zsh", str(script), "memtray", *words],
            "fish": ["-c", "source $argv[1]; complete -C $argv[2]", str(script), line],
        }[shell]
        run = subprocess.run(
            [program, *started],
            cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert not run.stderr.strip(), run.stderr
        found = [each.partition("\t")[0] for each in run.stdout.splitlines()]
        # Shells differ in whether they or the script leave out what does not fit.
        return [each.replace("\\", "") for each in found if each.strip().startswith(words[-1])]

    return ask


def test_verbs_are_completed_and_verbs_of_verbs(complete: Complete) -> None:
    assert {"status", "targets", "trends", "log", "day"} <= set(complete(""))
    assert "popup" not in complete("")
    assert complete("tr") == ["trends"]
    assert complete("targets", "a") == ["add"]
    assert set(complete("targets", "")) == {"list", "add", "remove", "test"}
    assert complete("log", "") == ["analyze"]


def test_options_are_those_of_the_verb(complete: Complete) -> None:
    assert {"--since", "--save", "--kind"} <= set(complete("trends", "--"))
    assert "--limit" not in complete("trends", "--")
    assert complete("targets", "add", "x", "--li") == ["--limit"]
    assert complete("log", "analyze", "--comp") == ["--compare"]


def test_choices_follow_their_option_or_verb(complete: Complete) -> None:
    assert set(complete("trends", "--kind", "")) == {"rss", "uss", "pss", "swap"}
    assert set(complete("autostart", "")) == {"on", "off", "status"}
    assert set(complete("completion", "")) >= {"bash", "zsh", "fish"}


def test_names_of_targets_are_offered_and_never_run(complete: Complete, tmp_path: Path) -> None:
    assert complete("targets", "remove", "web") == ["web server"]
    assert complete("trends", "mem") == ["memtray"]
    assert "$(touch harmed)" in complete("cleanup", "")
    assert not (tmp_path / "folder" / "harmed").exists()
    assert "web server" not in complete("targets", "add", "web")


def test_what_runs_now_is_offered_where_it_can_be_tracked(complete: Complete) -> None:
    user = getpass.getuser()
    assert user in complete("targets", "add", "x", "--user", user[:1])
    assert user in complete("targets", "test", "--user", user[:1])
    for way in ("--unit", "--container", "--cgroup"):
        assert user not in complete("targets", "add", "x", way, user[:1])
    assert complete("targets", "add", "x", "--exe", "ot") == ["other.csv"]


def test_groups_and_units_that_run_now_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    identity = "4f" * 32
    processes = [
        replace(facts(7, "x"), cgroup="/system.slice/nginx.service"),
        replace(facts(8, "y"), cgroup="/lxc/box", user=User(5, "anna")),
        replace(facts(9, "z"), cgroup=f"/docker/{identity}"),
        replace(facts(10, "z"), cgroup="/docker/" + "5a" * 32,
                container_names=(ContainerName("5a" * 32, "web"),)),
        replace(facts(11, "z"), cgroup="/bad\nname.service"),
    ]  # fmt: skip
    reader = SimpleNamespace(
        ask_for=lambda **_: None, close=lambda: None,
        refresh=lambda: SimpleNamespace(appeared=processes),
    )  # fmt: skip
    monkeypatch.setattr("trayapp.cli.running_groups.open_process_reader", lambda: reader)
    assert running_names("units") == ["nginx.service", "system.slice"]
    assert running_names("containers") == [identity[:12], "box", "web"]
    assert running_names("users") == ["anna"]
    assert "/system.slice/nginx.service" in running_names("cgroups")


def test_files_are_offered_where_a_file_belongs(complete: Complete) -> None:
    assert complete("analyze", "ot") == ["other.csv"]
    assert complete("log", "analyze", "ol") == ["old log.memrec"]
    assert complete("export", "-o", "oth") == ["other.csv"]
    assert complete("status", "ot") == []
