from __future__ import annotations

import pytest

from trayapp.domain.names import process_label, read_command


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        (("/usr/bin/python3.11", "-u", "/srv/app.py", "x"), "app.py"),
        (("python3", "-m", "http.server"), "http.server"),
        (("python3", "-Im", "http.server"), "http.server"),
        (("python3", "-W", "ignore", "-X", "dev", "a.py"), "a.py"),
        (("python3", "-c", "import x"), "python3"),
        (("java", "-Xmx1g", "-jar", "/opt/h2.jar"), "h2.jar"),
        (("java", "-cp", "/a.jar:/b.jar", "org.shop.Main", "x"), "org.shop.Main"),
        (("node", "-r", "dotenv", "/srv/node_modules/.bin/vite"), "vite"),
        (("node", "-e", "while(1);"), "node"),
        (("perl", "-we", "print 1"), "perl"),
        (("bash", "-lc", "make all"), "bash"),
        (("bash", "./run.sh"), "run.sh"),
        (("bash", "/dev/fd/3"), "bash"),
        (("-bash",), "bash"),
        (("/usr/bin/node_exporter", "x"), "node_exporter"),
        (("/usr/lib/libreoffice/program/soffice.bin", "--writer"), "soffice"),
        (("C:\\Windows\\System32\\notepad.exe", "a.txt"), "notepad"),
        (("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",), "Google Chrome"),
        (("/Applications/Slack.app/Contents/Frameworks/Slack Helper.app/Contents/x",), "Slack"),
    ],
)  # fmt: skip
def test_a_process_is_called_by_what_an_interpreter_runs(
    arguments: tuple[str, ...], label: str
) -> None:
    assert process_label(arguments, "name") == label


@pytest.mark.parametrize(
    ("name", "title", "label"),
    [
        ("postgres", "postgres: shop shop 10.0.0.7(41236) idle", "postgres"),
        ("sshd", "sshd: me@pts/0", "sshd"),
        ("redis-server", "/usr/bin/redis-server 127.0.0.1:6379", "redis-server"),
        ("chrome", "/opt/google/chrome/chrome --type=renderer --dir=/a/b", "chrome"),
        ("npm run dev", "npm run dev", "npm"),
        ("exe", "/opt/My Program/run it", "run it"),
        ("slack", "/proc/self/exe", "slack"),
        ("kworker/0:1", "", "kworker/0:1"),
    ],
)
def test_a_title_in_place_of_a_command_line_is_cut_to_the_program(
    name: str, title: str, label: str
) -> None:
    assert process_label((title,) if title else (), name) == label


@pytest.mark.parametrize(
    ("command", "interactive"),
    [
        ("bash", True),
        ("-zsh", True),
        ("bash --init-file /usr/share/x.sh", True),
        ("fish --init-command x", True),
        ("sh -c x", False),
        ("bash -lc x", False),
        ("bash run.sh", False),
        ("python3", False),
    ],
)
def test_a_shell_is_interactive_without_script_or_command(command: str, interactive: bool) -> None:
    assert read_command(command.split(), "x").is_interactive_shell is interactive
