"""What CONTRIBUTING.md promises: its files are there, and a file and a line are enough."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
#: Parts of paths that stand for a name of one's own.
PLACEHOLDERS = ("NAME", "FAMILY", "LANGUAGE")

TOY_VERB = '''
class Toy:
    """A verb that says so."""

    def prepare_parser(self, parser):
        parser.add_argument("--times", type=int, default=1)

    def run(self, options):
        print("toy " * options.times)
        return 5
'''
TOY_FORM = """
NAME = "toy"
EXPECTS = "lines of toys"


def resembles(start):
    return 1.0 if start.text.startswith("toy ") else 0.0


def read(source, found):
    sizes = found.series("toy", "toy")
    for number, line in enumerate(source.lines()):
        sizes.add(float(60 * number), int(line.split()[1]) * 1_000_000)
"""
TOY_SINK = """
class Toy:
    def send(self, banner):
        return "played"


def open_sink(surroundings):
    return Toy()
"""
TOY_HOST = """
from trayapp.errors import TrayError
from trayapp.tray.hosts.toolkit import BasicToolkit as Toolkit


def offer(session, *, is_asked_for):
    raise TrayError("no toys here")
"""

#: By room: the file, and each line beside the beginning that it follows.
TOYS = (
    (
        "cli/verbs", TOY_VERB,
        [("VERBS: tuple[VerbLine, ...] = (\n", '    VerbLine("toy", "toy.Toy", "play"),\n')],
    ),
    (
        "recording/formats", TOY_FORM,
        [
            ("from trayapp.recording.formats import (\n", "    toy,\n"),
            ("FORMATS: tuple[Format, ...] = (\n", "    toy,\n"),
        ],
    ),
    ("delivery/sinks", TOY_SINK, [("SINKS = (\n", '    SinkKind("toy", "banners"),\n')]),
    ("tray/hosts", TOY_HOST, [("HOSTS = (\n", '    HostKind("toy", "toy"),\n')]),
)  # fmt: skip


def recipes() -> dict[str, str]:
    """The text below each heading of a recipe, by what is added."""
    parts = re.split(r"^### Add an? (.+)$", PAGE, flags=re.MULTILINE)
    return {
        name: text.partition("\n## ")[0]
        for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def test_there_are_eight_recipes_and_each_names_its_test() -> None:
    assert set(recipes()) == {
        "judge", "sink", "tray host", "window", "import format", "verb", "setting", "language",
    }  # fmt: skip
    for name, text in recipes().items():
        assert re.search(r"^Test: .*`tests/", text, re.MULTILINE), name


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:trayapp|tests|packaging)/[\w./]+)`", PAGE))
    named |= set(re.findall(r"\]\(([\w./]+)\)", PAGE))
    assert len(named) > 20
    for path in named:
        parts = itertools.takewhile(
            lambda part: not any(name in part for name in PLACEHOLDERS), Path(path).parts
        )
        assert ROOT.joinpath(*parts).exists(), path


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, to which each recipe has been applied."""
    folder = tmp_path_factory.mktemp("recipes")
    package = folder / "trayapp"
    shutil.copytree(ROOT / "trayapp", package, ignore=shutil.ignore_patterns("__pycache__"))
    for room, text, lines in TOYS:
        (package / room / "toy.py").write_text(text, encoding="utf-8")
        page = package / room / "__init__.py"
        code = page.read_text(encoding="utf-8")
        for beginning, line in lines:
            assert code.count(beginning) == 1, f"{room}: the recipe's line has no place"
            code = code.replace(beginning, beginning + line)
        page.write_text(code, encoding="utf-8")
    return folder


def run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_verb_is_a_file_and_a_line(copy: Path) -> None:
    played = run(copy, "-m", "trayapp", "toy", "--times", "2")
    assert (played.returncode, played.stdout.split(), played.stderr) == (5, ["toy", "toy"], "")
    assert re.search(r"^ +toy +play$", run(copy, "-m", "trayapp", "--help").stdout, re.MULTILINE)


def test_a_sink_is_a_file_and_a_line(copy: Path) -> None:
    code = (
        "from trayapp.delivery.sinks import Surroundings, open_sinks;"
        "kinds = [type(sink).__module__ for sink in open_sinks('banners', Surroundings())];"
        "print(kinds[0])"
    )
    played = run(copy, "-c", code)
    assert (played.stdout, played.stderr) == ("trayapp.delivery.sinks.toy\n", "")


def test_a_tray_host_is_a_file_and_a_line(copy: Path) -> None:
    code = "from trayapp.tray.hosts import choose_backend; choose_backend({}, 'linux', 'toy')"
    assert run(copy, "-c", code).stderr.endswith("TrayError: no toys here\n")


def test_an_import_format_is_a_file_and_a_line(copy: Path) -> None:
    recording = copy / "toys.txt"
    recording.write_text("".join(f"toy {50 + row % 2}\n" for row in range(60)), encoding="utf-8")
    judged = run(copy, "-m", "trayapp", "analyze", "--json", str(recording))
    assert (judged.returncode, judged.stderr) == (0, "")
    (verdict,) = json.loads(judged.stdout)
    assert verdict["form"] == "toy"
