"""The settings file on disk: first start, edits while running, and targets added by a click."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from trayapp.errors import SettingsError
from trayapp.settings.file import SettingsFile, add_target, load_settings, make_target_name
from trayapp.settings.kinds import Limit
from trayapp.settings.parsing import parse_settings
from trayapp.settings.quoting import quote
from trayapp.settings.records import RESERVED_NAMES, Settings, TargetSettings
from trayapp.settings.template import default_text

needs_modes = pytest.mark.usefixtures("obeyed_modes")
needs_posix = pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "memtray.toml"


@pytest.fixture
def edited(file: Path) -> Path:
    """A file that a person has written."""
    file.parent.mkdir()
    file.write_text('# mine\n[sampling]\ninterval = "5s"  # slow\n')
    return file


def interval(settings: Settings | SettingsError | None) -> float:
    assert isinstance(settings, Settings)
    return settings.sampling.interval_seconds


def rename_over(file: Path, text: str) -> None:
    """Save as most editors do."""
    draft = file.with_suffix(".draft")
    draft.write_text(text)
    draft.replace(file)


# First start


def test_first_start_writes_a_commented_private_file(file: Path) -> None:
    assert load_settings(file) == Settings()
    assert file.read_text() == default_text()
    assert list(file.parent.iterdir()) == [file]
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_first_start_waits_for_no_file_which_follows_with_the_second_poll(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    followed = SettingsFile(file)
    assert followed.settings == Settings()
    assert followed.problem is None
    assert not file.exists()
    assert [followed.poll() for _ in range(3)] == [None] * 3
    assert file.read_text() == default_text()
    assert followed.problem is None
    file.write_text("[sampling]\ninterval = '3s'\n")
    assert interval(followed.poll()) == 3.0


def test_what_somebody_writes_before_the_first_file_is_kept_and_followed(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    followed = SettingsFile(file)
    assert followed.poll() is None
    file.write_text("[sampling]\ninterval = '3s'\n")
    assert followed.poll() is None
    assert interval(followed.poll()) == 3.0


def test_a_first_file_that_cannot_be_made_after_all_is_a_problem(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    followed = SettingsFile(file)
    file.parent.rmdir()
    file.parent.write_text("in the way")
    assert followed.poll() is None
    assert isinstance(followed.poll(), SettingsError)
    assert str(file) in str(followed.problem)


def test_a_first_start_where_no_file_can_be_made_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("in the way")
    with pytest.raises(SettingsError):
        SettingsFile(tmp_path / "folder" / "memtray.toml")


def test_a_later_start_leaves_the_file_alone(edited: Path) -> None:
    before = edited.read_bytes()
    assert interval(load_settings(edited)) == 5.0
    assert edited.read_bytes() == before


def refusal(file: Path) -> str:
    with pytest.raises(SettingsError) as refused:
        load_settings(file)
    message = str(refused.value)
    assert message.startswith(f"{file}: ")
    assert message.isprintable()
    return message


def test_a_folder_in_its_place_is_refused(file: Path) -> None:
    file.mkdir(parents=True)
    assert "is not a file" in refusal(file)


@needs_posix
def test_a_pipe_in_its_place_does_not_make_us_wait(file: Path) -> None:
    file.parent.mkdir()
    os.mkfifo(file)
    assert "is not a file" in refusal(file)


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    assert "MEMTRAY_HOME" in refusal(tmp_path / "config" / "memtray.toml")


def test_a_very_large_file_is_refused(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("#" * (1024 * 1024 + 1))
    assert "larger than 1 MiB" in refusal(file)


@needs_modes
def test_an_unreadable_file_is_refused(edited: Path) -> None:
    edited.chmod(0)
    assert "cannot be read" in refusal(edited)


@needs_modes
def test_a_folder_that_cannot_be_written_is_refused(file: Path) -> None:
    file.parent.mkdir(mode=0o500)
    assert "cannot be written" in refusal(file)


# Edits while running


def test_an_untouched_file_is_nothing_new(edited: Path) -> None:
    followed = SettingsFile(edited)
    assert interval(followed.settings) == 5.0
    assert followed.poll() is None
    os.utime(edited)
    assert followed.poll() is None


@pytest.mark.parametrize("save", [Path.write_text, rename_over])
def test_an_edit_is_in_force_at_the_next_poll(edited: Path, save: object) -> None:
    assert callable(save)
    followed = SettingsFile(edited)
    for seconds in (1, 2, 3):
        save(edited, f"sampling.interval = {seconds}.0")
        assert interval(followed.poll()) == seconds
        assert interval(followed.settings) == seconds
        assert followed.poll() is None


def test_a_mistake_leaves_the_last_good_settings_in_force_and_is_told_once(edited: Path) -> None:
    followed = SettingsFile(edited)
    edited.write_text("sampling.interval = 99")
    told = [followed.poll() for _ in range(4)]
    (mistake,) = [outcome for outcome in told if outcome is not None]
    assert isinstance(mistake, SettingsError)
    assert followed.problem == str(mistake)
    assert "sampling.interval = 99 is out of range" in followed.problem
    assert followed.problem.startswith("The previous settings still apply. ")
    assert interval(followed.settings) == 5.0

    edited.write_text("sampling.intervall = 1")
    assert [type(followed.poll()) for _ in range(3)] == [type(None), SettingsError, type(None)]
    assert "intervall" in followed.problem

    edited.write_text("sampling.interval = 1")
    assert interval(followed.poll()) == 1.0
    assert followed.problem is None


def test_taking_a_mistake_back_clears_the_problem(edited: Path) -> None:
    """Also when the settings are the same as before it, which is news all the same."""
    followed = SettingsFile(edited)
    good = edited.read_text()
    edited.write_text("?")
    assert followed.poll() is None
    assert isinstance(followed.poll(), SettingsError)
    edited.write_text(good)
    assert interval(followed.poll()) == 5.0
    assert followed.problem is None


@pytest.mark.parametrize("moment", ["", "  \n", "[sampling]\ninterv"])
def test_a_save_caught_halfway_is_not_believed(edited: Path, moment: str) -> None:
    """An editor that empties the file first does not reset the settings for a moment."""
    followed = SettingsFile(edited)
    edited.write_text(moment)
    assert followed.poll() is None
    edited.write_text("sampling.interval = 1")
    assert interval(followed.poll()) == 1.0
    assert followed.problem is None


def test_an_emptied_file_means_the_defaults_when_it_stays_empty(edited: Path) -> None:
    followed = SettingsFile(edited)
    edited.write_text("")
    assert followed.poll() is None
    assert followed.poll() == Settings()


def test_a_deleted_file_leaves_the_settings_in_force(edited: Path) -> None:
    followed = SettingsFile(edited)
    edited.unlink()
    told = [followed.poll() for _ in range(4)]
    assert [type(outcome) for outcome in told].count(SettingsError) == 1
    assert followed.problem is not None
    assert "is missing" in followed.problem
    assert interval(followed.settings) == 5.0
    assert not edited.exists()

    edited.write_text("sampling.interval = 1")
    assert interval(followed.poll()) == 1.0
    assert followed.problem is None


@needs_posix
def test_a_link_that_is_turned_elsewhere_is_followed(edited: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(edited)
    followed = SettingsFile(link)
    (tmp_path / "other.toml").write_text("sampling.interval = 1")
    link.unlink()
    link.symlink_to(tmp_path / "other.toml")
    assert interval(followed.poll()) == 1.0


@needs_modes
def test_a_file_made_readable_again_is_read(edited: Path) -> None:
    followed = SettingsFile(edited)
    edited.chmod(0)
    assert [type(followed.poll()) for _ in range(3)] == [type(None), SettingsError, type(None)]
    edited.chmod(0o600)
    assert interval(followed.poll()) == 5.0


def test_a_mistake_at_the_start_is_refused(edited: Path) -> None:
    edited.write_text("?")
    with pytest.raises(SettingsError):
        SettingsFile(edited)


# Secrets

PRIVATE = """\
sampling.interval = 3
[[channels]]
name = "mail"
url = "mailto://me:SECRET@example.org"
[[channels]]
name = "chat"
url_env = "CHAT"
"""


def told(settings: Settings | SettingsError | None) -> list[str]:
    """The channels that are used."""
    assert isinstance(settings, Settings)
    return [channel.name for channel in settings.channels]


@needs_posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_secret_that_others_may_read_is_not_used(edited: Path, mode: int) -> None:
    """One line says what to do; everything else in the file is in force."""
    edited.write_text(PRIVATE)
    edited.chmod(mode)
    settings = load_settings(edited)
    assert told(settings) == ["chat"]
    assert interval(settings) == 3.0
    assert settings.problem is not None
    assert settings.problem.endswith(f"; chmod 600 {edited}")
    assert settings.problem.isprintable()
    assert "SECRET" not in settings.problem


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_secret_of_ones_own_is_used(edited: Path, mode: int) -> None:
    edited.write_text(PRIVATE)
    edited.chmod(mode)
    settings = load_settings(edited)
    assert told(settings) == ["mail", "chat"]
    assert settings.problem is None


@needs_posix
def test_a_file_without_a_secret_may_be_read_by_all(edited: Path) -> None:
    edited.write_text("[[channels]]\nname = 'chat'\nurl_env = 'CHAT'")
    edited.chmod(0o644)
    assert load_settings(edited).problem is None


@needs_posix
def test_the_mode_counts_from_the_next_poll_on(edited: Path) -> None:
    edited.write_text(PRIVATE)
    edited.chmod(0o644)
    followed = SettingsFile(edited)
    assert told(followed.settings) == ["chat"]
    assert "chmod 600" in str(followed.problem)

    edited.chmod(0o600)
    assert told(followed.poll()) == ["mail", "chat"]
    assert str(followed.problem) == "None"
    assert followed.poll() is None

    edited.chmod(0o640)
    assert told(followed.poll()) == ["chat"]
    assert "chmod 600" in str(followed.problem)
    assert followed.poll() is None


@needs_posix
def test_a_target_can_be_added_beside_a_secret_that_is_not_used(edited: Path) -> None:
    edited.write_text(PRIVATE)
    edited.chmod(0o644)
    settings = add_target(edited, TargetSettings(name="a", match="a"))
    assert told(settings) == ["chat"]
    assert "SECRET" in edited.read_text()


@needs_posix
def test_the_command_that_helps_can_be_copied(tmp_path: Path) -> None:
    file = tmp_path / "Application Support" / "memtray.toml"
    file.parent.mkdir()
    file.write_text(PRIVATE)
    file.chmod(0o644)
    problem = load_settings(file).problem
    assert problem is not None
    assert problem.endswith(f"; chmod 600 '{file}'")


# Targets added by a click


def test_a_target_is_appended_and_the_rest_stays_as_it_was(edited: Path) -> None:
    before = edited.read_text()
    target = TargetSettings(name="app.py", match="python app.py")
    settings = add_target(edited, target)
    assert settings.targets == (target,)
    assert interval(settings) == 5.0
    assert edited.read_text() == before + (
        '\n[[targets]]\nname = "app.py"\nmatch = "python app.py"\n'
    )
    assert load_settings(edited) == settings


def test_a_target_is_appended_to_the_file_of_the_first_start(file: Path) -> None:
    add_target(file, TargetSettings(name="a", match="a"))
    assert file.read_text().startswith(default_text())
    assert list(file.parent.iterdir()) == [file]


def test_a_running_memtray_sees_the_target(edited: Path) -> None:
    followed = SettingsFile(edited)
    assert followed.poll() is None
    settings = add_target(edited, TargetSettings(name="a", match="a"))
    assert followed.poll() == settings


@pytest.mark.parametrize("end", ["", "# no newline at the end", "\n\n"])
def test_any_end_of_the_file_will_do(edited: Path, end: str) -> None:
    edited.write_text("[sampling]\ninterval = 5" + end)
    assert interval(add_target(edited, TargetSettings(name="a", match="a"))) == 5.0


def test_windows_line_ends_and_byte_order_mark_stay(edited: Path) -> None:
    before = b"\xef\xbb\xbf[sampling]\r\ninterval = 5\r\n"
    edited.write_bytes(before)
    add_target(edited, TargetSettings(name="a", match="a"))
    after = edited.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == after.count(b"\r\n")


def test_a_taken_name_gets_a_number(edited: Path) -> None:
    for _ in range(3):
        settings = add_target(edited, TargetSettings(name="app.py", match="app.py"))
    assert [target.name for target in settings.targets] == ["app.py", "app.py (2)", "app.py (3)"]
    longest = "n" * 64
    for _ in range(2):
        settings = add_target(edited, TargetSettings(name=longest, match="n"))
    assert [target.name for target in settings.targets[3:]] == [longest, "n" * 60 + " (2)"]
    settings = add_target(edited, TargetSettings(name="memtray", match="n"))
    assert settings.targets[-1].name == "memtray (2)"


@needs_posix
def test_mode_and_link_stay(edited: Path, tmp_path: Path) -> None:
    edited.chmod(0o644)
    link = tmp_path / "link.toml"
    link.symlink_to(edited)
    add_target(link, TargetSettings(name="a", match="a"))
    assert link.is_symlink()
    assert stat.S_IMODE(edited.stat().st_mode) == 0o644
    assert "[[targets]]" in edited.read_text()


@pytest.mark.parametrize(
    ("before", "target", "message"),
    [
        ('targets = [{name = "a", match = "a"}]', TargetSettings(name="b", match="b"),
         r"uses targets = \[…\], which Memtray cannot extend; write each"),
        ("targets = []", TargetSettings(name="b", match="b"), "uses targets = "),
        ("interval = 1", TargetSettings(name="b", match="b"), "interval is not a setting here"),
        ("", TargetSettings(name="b"), "write one of match, regex, exe, unit, container, "),
        ("", TargetSettings(name="b", match="b", regex="b"), "has match, regex; write exactly one"),
        ("", TargetSettings(name="b", match=""), "is empty"),
        ("", TargetSettings(name="b", regex="("), "is not a regular expression"),
        ("", TargetSettings(name="b", match="b", limit=Limit(1, None)), "is out of range"),
        ("", TargetSettings(name="", match="b"), "targets.name = \"\" is empty"),
        ("", TargetSettings(name="\udc80", match="b"), "targets.name = \"\\\\udc80\" contains"),
        ("", TargetSettings(name="a\nb", match="b"), "targets.name = \"a\\\\u000ab\" contains"),
        ("#" * 1024 * 1024, TargetSettings(name="b", match="b"), "is full"),
    ],
)  # fmt: skip
def test_what_cannot_be_added_leaves_the_file_as_it_was(
    edited: Path, before: str, target: TargetSettings, message: str
) -> None:
    edited.write_text(before)
    with pytest.raises(SettingsError, match=message) as refused:
        add_target(edited, target)
    assert str(refused.value).isprintable()
    assert edited.read_text() == before
    assert list(edited.parent.iterdir()) == [edited]


@needs_modes
@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_protected_file_stays_protected(edited: Path, mode: int) -> None:
    edited.chmod(mode)
    edited.parent.chmod(0o700 if mode == 0o400 else 0o500)
    before = edited.read_text()
    with pytest.raises(SettingsError, match=r"protected|cannot be written"):
        add_target(edited, TargetSettings(name="a", match="a"))
    edited.parent.chmod(0o700)
    assert edited.read_text() == before


HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\"'\\\n\r\t\x00\x1b\x7f\x85\u2028\u202e\ufeff[]#=%{}()|.*+?^$ ab"),
        st.characters(exclude_categories=()),
        st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"]),
    ),
    min_size=1,
    max_size=60,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "memtray.toml"


@hypothesis_settings(max_examples=200, deadline=None)
@given(
    text=HOSTILE,
    children=st.booleans(),
    growth=st.booleans(),
    spike=st.booleans(),
    limit=st.none() | st.integers(1024**2, 1024**4) | st.integers(1, 100).map(lambda n: n / 100),
)
@example(text='"""', children=True, growth=True, spike=True, limit=None)
@example(text="\\", children=True, growth=True, spike=True, limit=None)
@example(text="\\\udcff", children=True, growth=True, spike=True, limit=None)
@example(text="a'\n[[targets]]\n", children=True, growth=True, spike=True, limit=None)
def test_any_command_line_comes_back_exactly(
    shared: Path, text: str, children: bool, growth: bool, spike: bool, limit: float | None
) -> None:
    """What is added is what is read: as it is, or as an expression for exactly this text."""
    shared.write_text("")
    target = TargetSettings(
        name="x",
        match=text,
        children=children,
        growth=growth,
        spike=spike,
        limit=None
        if limit is None
        else Limit(limit, None)
        if isinstance(limit, int)
        else Limit(None, limit),
    )
    add_target(shared, target)
    (found,) = parse_settings(shared.read_bytes().decode(), "f").targets
    if found.match is None:
        assert any("\ud800" <= character <= "\udfff" for character in text)
        assert found.regex is not None
        assert re.fullmatch(found.regex, text)
        assert re.search(found.regex, f"before {text} after")
        assert not re.search(found.regex, text[1:])
    else:
        assert found == target


@hypothesis_settings(max_examples=200, deadline=None)
@given(text=HOSTILE)
@example(text="\\\udc80")
@example(text="[\\\udc81\udc82]")
@example(text="\\\\\udc80")
def test_any_expression_comes_back_with_its_meaning(shared: Path, text: str) -> None:
    shared.write_text("")
    try:
        expected = re.compile(text)
    except (re.error, FutureWarning, DeprecationWarning):
        return
    add_target(shared, TargetSettings(name="x", regex=text))
    (found,) = load_settings(shared).targets
    assert found.regex is not None
    for subject in (text, text[::-1], "\udc80\udc81", "\\\udc80\udc82"):
        here, there = re.search(found.regex, subject), expected.search(subject)
        assert (here and here.span()) == (there and there.span())


@given(text=st.text() | HOSTILE)
def test_any_process_name_becomes_a_name(text: str) -> None:
    name = make_target_name(text)
    if name not in RESERVED_NAMES:  # of which `add_target` makes others
        values = "[[targets]]\nname = " + quote(name) + "\nmatch = 'x'"
        assert parse_settings(values, "f").targets[0].name == name
