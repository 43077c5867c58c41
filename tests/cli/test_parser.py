"""What the command line says of mistakes and in its help."""

from __future__ import annotations

import shlex

import pytest

from tests.cli.test_main import Memtray, memtray, running  # noqa: F401 - fixtures
from trayapp.cli.examples import EXAMPLES
from trayapp.cli.launch import plain_start
from trayapp.cli.main import _parser, main
from trayapp.cli.status_text import status_lines
from trayapp.cli.verbs import VERBS

LISTED = [line.name for line in VERBS if line.help]


def complaint(capsys: pytest.CaptureFixture[str], arguments: str) -> str:
    """The only line that a command prints that cannot be understood."""
    assert main(shlex.split(arguments)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("statu", "there is no command 'statu'; did you mean status?"),
        ("trend web", "there is no command 'trend'; did you mean trends?"),
        ("targets lst", "there is no command 'lst'; did you mean list?"),
        ("xyzzy", "there is no command 'xyzzy'; `memtray --help` lists them"),
        ("popu", "there is no command 'popu'; `memtray --help` lists them"),
        ("status --jsn", "there is no option '--jsn'; did you mean --json?"),
        ("trends --sinc=2h --xyz", "there is no option '--xyz'; `memtray trends --help` lists"),
        ("targets test --macth a", "there is no option '--macth'; did you mean --match?"),
        ("status web", "'web' is one argument too many; see `memtray status --help`"),
        ("alerts xyzzy", "'xyzzy' does not fit here; use one of on, off, snooze"),
        ("alerts onn", "'onn' does not fit here; did you mean on?"),
        ("alerts aknowledge", "'aknowledge' does not fit here; did you mean acknowledge?"),
        ("targets add x --match y --limit 2XB", '"2XB" is not a size; write "1MiB" to "64TiB"'),
        ("targets add x --match y --limit 200%", '"200%" is out of range; write "1MiB" to'),
        ("alerts", "missing: on|off|snooze|ack|resolve|log; see `memtray alerts --help`"),
        ("trends --since soon", "is not a duration"),
    ],
)
def test_a_mistake_is_one_line_with_the_nearest_name(
    capsys: pytest.CaptureFixture[str], arguments: str, text: str
) -> None:
    assert text in complaint(capsys, arguments)


def test_every_example_is_understood_by_its_verb() -> None:
    assert len(set(EXAMPLES) & set(LISTED)) > 20
    for verb, commands in EXAMPLES.items():
        for command in commands:
            program, *arguments = shlex.split(command)
            assert program == "memtray"
            options = _parser(arguments).parse_args(
                [each for each in arguments if each not in ("--profile", "work")]
            )
            assert verb.partition(" ")[0] in ("", "start", options.verb), command


@pytest.mark.parametrize("verb", sorted({*EXAMPLES, *LISTED} - {""}))
def test_help_shows_the_examples(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    with pytest.raises(SystemExit):
        main([*verb.split(), "--help"])
    text = capsys.readouterr().out
    for example in EXAMPLES.get(verb, (f"memtray {verb}",)):
        assert f"\n  {example}\n" in text


def test_verbs_for_programs_are_not_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert "status" in text
    for line in VERBS:
        if not line.help:
            assert line.name not in text


def test_a_file_that_cannot_be_written_is_reported_without_the_systems_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["gallery", "-o", "/nobody/there/icons.png"]) == 1
    assert capsys.readouterr().err == (
        "memtray: /nobody/there/icons.png: No such file or directory\n"
    )


def test_status_names_the_key_that_acknowledges() -> None:
    incident = {
        "key": "growth:my app", "level": "warning", "phase": "active", "title": "It grows",
        "body": "Much.", "acknowledged": False,
    }  # fmt: skip
    app = {"uss_bytes": None, "rss_bytes": None, "cpu_percent": None, "pid": 1}
    system = {"total_bytes": 10, "used_bytes": 5, "available_bytes": 5, "swap_used_bytes": 0}
    status = {"system": system, "app": app, "taken_at": 0.0, "targets": []}
    (line,) = [
        line for line in status_lines({**status, "incidents": [incident]}) if "growth:" in line
    ]
    assert line.strip() == "to acknowledge: memtray alerts ack 'growth:my app'"
    known = {**incident, "acknowledged": True}
    assert "    acknowledged (key: 'growth:my app')" in status_lines(
        {**status, "incidents": [known]}
    )


def test_memtray_while_it_runs_says_where_it_is(running: Memtray) -> None:  # noqa: F811
    done = running.run()
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first == "Memtray is already running; to see its figures: memtray status"
    assert second.startswith("There is no tray for the icon")
    assert running.run("start").returncode == 3


@pytest.mark.parametrize(
    "arguments",
    ["", "start", "--headless", "start --interval 2s --config x.toml", "--config=a --interval=0.5"],
)
def test_what_only_starts_the_applet_is_understood_without_the_parser_alike(
    arguments: str,
) -> None:
    words = shlex.split(arguments)
    plain = plain_start(words)
    parsed = _parser(["start"]).parse_args(words if words[:1] == ["start"] else ["start", *words])
    assert plain == (parsed.headless, parsed.interval, parsed.config)


@pytest.mark.parametrize(
    "arguments",
    ["status", "start now", "--config", "--config --headless", "--interval soon", "--interval 60s"],
)
def test_what_else_is_left_to_the_parser(arguments: str) -> None:
    assert plain_start(shlex.split(arguments)) is None
