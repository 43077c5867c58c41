"""Changes of single values in the settings file, which keep its comments and order.

For child processes: tomlkit is not for the resident one.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from trayapp.language.catalogue import _
from trayapp.settings.kinds import RefusedError
from trayapp.settings.parsing import read_toml
from trayapp.settings.records import LISTS, fields_of
from trayapp.settings.removal import without_entry

_HEADER = re.compile(r"\s*\[")
_REMARK = re.compile(r"\s*(#.*)?")
_MARK = "\ufeff"


def change_values(
    text: str, table: str, values: Mapping[str, object], entry: str | None = None
) -> str:
    """Set values of [table], or of that [[table]] whose name is `entry`; None: back to the default.

    A setting that the template has as a comment is written in its place and goes back to it.

    Raises: RefusedError if the text is not TOML, or there is no such entry.
    """
    for key, value in values.items():
        change = partial(_change, table=table, key=key, value=value, entry=entry)
        text = _same_newlines(text, change)
    return text


def add_entry(text: str, table: str, values: Mapping[str, object]) -> str:
    """Write another [[table]] at the end.

    Raises: RefusedError if the text is not TOML.
    """
    import tomlkit

    def add(text: str) -> str:
        data = read_toml(text)
        wanted = copy.deepcopy(data)
        wanted.setdefault(table, []).append(dict(values))
        block = "".join(_line(key, value) for key, value in values.items())
        gap = "\n" if not text or text.endswith("\n") else "\n\n"
        after = f"{text}{gap}[[{table}]]\n{block}"
        if _loads(after) == wanted:
            return after
        document = tomlkit.parse(text)
        inline = tomlkit.inline_table()
        inline.update(values)
        document[table].append(inline)
        return tomlkit.dumps(document)

    return _same_newlines(text, add)


def remove_entry(text: str, table: str, entry: str) -> str:
    """Remove a [[table]] by its name.

    Raises: RefusedError if there is none, or it cannot be taken out.
    """
    after = without_entry(text, table, entry)
    if after is None:
        raise RefusedError(
            _("remove {name} by hand; it is not a [[…]] block").format(name=repr(entry))
        )
    return after


def load_values(text: str) -> dict[str, Any]:
    """Return the values in the text, before they are checked.

    Raises: RefusedError if it is not TOML.
    """
    return read_toml(text.removeprefix(_MARK))


def _same_newlines(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to plain text; restore byte order mark and line ends behind it."""
    mark = _MARK if text.startswith(_MARK) else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    changed = change(text.removeprefix(_MARK).replace("\r\n", "\n"))
    return mark + changed.replace("\n", newline)


def _change(text: str, table: str, key: str, value: object, entry: str | None) -> str:
    data = read_toml(text)
    number = _number(data, table, entry)
    wanted = copy.deepcopy(data)
    place = wanted.setdefault(table, {}) if number is None else wanted[table][number]
    if value is None:
        if place.pop(key, None) is None:
            return text
        ways = _ways_out(text, table, key, number)
    else:
        is_new = key not in place
        place[key] = value
        ways = _ways_in(text, table, key, value, number, is_new=is_new)
    for after in ways:
        if _loads(after) == wanted:
            return after
    raise RefusedError(_("this part of the file cannot be changed automatically; edit it by hand"))


def _ways_in(
    text: str, table: str, key: str, value: object, number: int | None, *, is_new: bool
) -> Iterator[str]:
    """Yield the text with the value, written in ways that fit more files and look less natural."""
    if is_new:
        lines = text.splitlines(keepends=True)
        for start, end in _sections(lines, table, number):
            for at in range(start, end):
                if number is None and re.match(rf"#\s*{re.escape(key)}\s*=", lines[at]):
                    bare = lines[at][1:].lstrip()
                    yield from _by_toml(
                        "".join([*lines[:at], bare, *lines[at + 1 :]]), table, key, value, number
                    )
            while end > start and _REMARK.fullmatch(lines[end - 1].rstrip("\n")):
                end -= 1
            yield "".join([*lines[:end], _line(key, value), *lines[end:]])
    yield from _by_toml(text, table, key, value, number)


def _ways_out(text: str, table: str, key: str, number: int | None) -> Iterator[str]:
    """Yield the text without the value: a remark beside it stays, with the default before it."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        place: Any = document[table] if number is None else document[table][number]
        # A table that is written in several places has no such way to its items.
        remark = place.item(key).trivia.comment if hasattr(place, "item") else ""
        lines = text.splitlines(keepends=True)
        for start, end in _sections(lines, table, number):
            for at in range(start, end):
                if re.match(rf"\s*{re.escape(key)}\s*=", lines[at]):
                    kept = [_as_remark(table, key, remark)] if remark and number is None else []
                    yield "".join([*lines[:at], *kept, *lines[at + 1 :]])
        del place[key]
        yield tomlkit.dumps(document)
    except (TOMLKitError, KeyError, TypeError):
        return


def _by_toml(text: str, table: str, key: str, value: object, number: int | None) -> Iterator[str]:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        if number is None and table not in document:
            document[table] = tomlkit.table()
        place: Any = document[table] if number is None else document[table][number]
        held = place.get(key)
        if isinstance(held, tomlkit.items.Array) and isinstance(value, list):
            # One by one: a list may have remarks within.
            for each in [one for one in held if one not in value]:
                held.remove(each)
            for each in value:
                if each not in held:
                    held.append(each)
            yield tomlkit.dumps(document)
        place[key] = value
        yield tomlkit.dumps(document)
    except (TOMLKitError, KeyError, TypeError):
        # A form of the file that tomlkit does not know how to change.
        return


def _sections(lines: list[str], table: str, number: int | None) -> Iterator[tuple[int, int]]:
    """Yield the lines under the header of a table, up to the next header."""
    brackets = ("[[", "]]") if table in LISTS else ("[", "]")
    header = re.compile(
        rf"\s*{re.escape(brackets[0])}\s*{table}\s*{re.escape(brackets[1])}\s*(#.*)?"
    )
    found = [at for at, line in enumerate(lines) if header.fullmatch(line.rstrip("\n"))]
    for at in found if number is None else found[number : number + 1]:
        later = (end for end in range(at + 1, len(lines)) if _HEADER.match(lines[end]))
        yield at + 1, next(later, len(lines))


def _line(key: str, value: object) -> str:
    import tomlkit

    return f"{key} = {tomlkit.item(value).as_string()}\n"


def _as_remark(table: str, key: str, remark: str) -> str:
    field = fields_of(table)[key]
    setting = f"# {key} = {field.kind.write(field.default)}"
    return f"{setting:<34}  {remark}\n"


def _number(data: Mapping[str, Any], table: str, entry: str | None) -> int | None:
    if entry is None:
        return None
    for number, values in enumerate(data.get(table, [])):
        if values.get("name") == entry:
            return number
    raise RefusedError(_("{name} is no longer there").format(name=repr(entry)))


def _loads(text: str) -> dict[str, Any] | None:
    try:
        return read_toml(text)
    except RefusedError:
        return None
