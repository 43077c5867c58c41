"""`memtray dump`: off by default, asked for once, with room on the disk, of real programs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_main import Memtray
from tests.control.serving import other_process
from tests.readers.children import eventually
from trayapp.errors import ControlError
from trayapp.settings.records import DiagnosisSettings
from trayapp.windows import dumping
from trayapp.windows.dumping import Asked, plan_dump

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

PROGRAM = """
import pathlib, sys, tracemalloc
tracemalloc.start()
import trayapp.probe
class Order: pass
ORDERS = [Order() for _ in range(5000)]
trayapp.probe.start(pathlib.Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
"""
JAVA = """
public class Dumped {
    public static void main(String[] arguments) throws Exception {
        System.out.println("up");
        System.in.read();
    }
}
"""
ALLOWED = "[diagnosis]\npython_dumps = true\njava_dumps = true\n"


def test_a_python_program_is_dumped_once_that_is_allowed(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    with other_process(PROGRAM, str(memtray.home / "run")) as process:
        pid, file = str(process.pid), tmp_path / "new" / "dump.json"
        code, line = memtray.one_line_error("dump", "--pid", pid, "--yes")
        assert (code, "diagnosis.python_dumps = true" in line) == (1, True)
        (memtray.home / "memtray.toml").write_text(ALLOWED)
        code, line = memtray.one_line_error("dump", "--pid", pid)
        assert (code, "--yes" in line) == (2, True)
        told = memtray.json("dump", "--pid", pid, "--yes", "-o", str(file))
        assert [each["file"] for each in told["files"]] == [str(file), f"{file}.tracemalloc"]
        assert json.loads(file.read_text())["types"]["__main__.Order"] == 5000
        assert file.stat().st_mode & 0o077 == 0
        code, line = memtray.one_line_error("dump", "--pid", pid, "--yes", "-o", str(file))
        assert (code, "exists already" in line) == (1, True)
        # Nobody writes through a link, nor into where it leads.
        link = tmp_path / "link.json"
        link.symlink_to(tmp_path / "nowhere")
        code, line = memtray.one_line_error("dump", "--pid", pid, "--yes", "-o", str(link))
        assert (code, f"{link}: " in line, "Errno" in line) == (1, True, False)
        assert not (tmp_path / "nowhere").exists()


def test_nothing_is_written_where_there_is_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dumping, "SPARE_BYTES", 1 << 60)
    with other_process(PROGRAM, str(tmp_path)) as process:
        from tests.probe.test_probe import key_of

        asked = [Asked(process.pid, key_of(process.pid).started, None)]
        with pytest.raises(ControlError, match="are to be left over"):
            plan_dump(tmp_path, asked, DiagnosisSettings(python_dumps=True), tmp_path)


def test_what_has_no_heap_that_can_be_dumped_is_refused(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    with other_process("print('ready', flush=True); input()") as process:
        code, line = memtray.one_line_error("dump", "--pid", str(process.pid), "--yes")
        assert (code, "can be dumped" in line) == (1, True)


@pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")
@pytest.mark.skipif(shutil.which("jcmd") is None, reason="needs a JDK")
def test_a_java_program_is_dumped_by_its_own_tool(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    (memtray.home / "memtray.toml").write_text(ALLOWED)
    (tmp_path / "Dumped.java").write_text(JAVA)
    with subprocess.Popen(
        ["java", "-Xmx32m", str(tmp_path / "Dumped.java")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"up\n"
            folder = tmp_path / "dumps"
            folder.mkdir()
            told = memtray.json("dump", "--pid", str(process.pid), "--yes", "-o", str(folder))
            (file,) = told["files"]
            assert told["runtime"] == "java"
            assert Path(file["file"]).read_bytes()[:12] == b"JAVA PROFILE"
        finally:
            process.kill()
    eventually(lambda: process.poll() is not None)
