"""JSON read value by value, so that a long document needs no more memory than a short one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

MOST_VALUE_CHARACTERS = 4_000_000
"""A single value that was asked for may be so long."""
_BLANK = re.compile(r"[ \t\r\n\ufeff\x00]*")
Path = tuple[str | int, ...]


class JsonError(ValueError):
    """The rest is no JSON; `str` says where and why, in a part of a sentence."""


class _EndError(Exception):
    """The text ends within a value."""


class JsonStream:
    """One or several JSON documents, one after the other (lines of JSON too)."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text = ""
        self._at = 0
        self._before = 0
        self._decode = json.JSONDecoder().raw_decode

    def values(self, *patterns: str) -> Iterator[tuple[Path, Any]]:
        """Every value whose place fits a pattern, whole, with its place, in order.

        A pattern names keys from the top, separated by dots; "*" is any key or number. Numbers
        count from 0; the first number is the document's, so that "*.*" is each element or member
        of each document. Whatever contains no such place is passed over. Ends where the text
        breaks off.

        Raises: JsonError where it is no JSON.
        """
        wanted = [tuple(pattern.split(".")) for pattern in patterns]
        number = 0
        try:
            if ("*",) in wanted:
                yield from self._elements((), is_list=False)
                return
            while self._next_is_there():
                yield from self._walk((number,), wanted)
                number += 1
                if self._blank() == ",":
                    self._at += 1
        except _EndError:
            return
        except RecursionError as error:
            raise JsonError("nested too deeply") from error

    def _next_is_there(self) -> bool:
        try:
            self._blank(need=True)
        except _EndError:
            return False
        return True

    def _walk(self, place: Path, wanted: list[tuple[str, ...]]) -> Iterator[tuple[Path, Any]]:
        fitting = [one for one in wanted if _fits(one, place)]
        if any(len(one) == len(place) for one in fitting):
            yield place, self._value()
            return
        mark = self._blank(need=True)
        if mark not in "[{" or not fitting:
            self._pass_over()
            return
        self._at += 1
        yield from self._members(place, fitting, is_list=mark == "[")

    def _members(
        self, place: Path, wanted: list[tuple[str, ...]], *, is_list: bool
    ) -> Iterator[tuple[Path, Any]]:
        end = "]" if is_list else "}"
        number = 0
        if self._blank(need=True) == end:
            self._at += 1
            return
        inner = (*place, 0)
        is_whole = is_list and any(len(one) == len(inner) and _fits(one, inner) for one in wanted)
        if is_whole and all(one[-1] == "*" for one in wanted if len(one) == len(inner)):
            yield from self._elements(place, is_list=True)
            return
        while True:
            key: str | int = number
            if not is_list:
                name = self._value()
                if not isinstance(name, str) or self._blank(need=True) != ":":
                    raise self._wrong()
                self._at += 1
                key = name
            yield from self._walk((*place, key), wanted)
            mark = self._blank(need=True)
            self._at += 1
            if mark == end:
                return
            if mark != ",":
                raise self._wrong()
            number += 1

    def _elements(self, place: Path, *, is_list: bool) -> Iterator[tuple[Path, Any]]:
        """Yield every element of a list whose beginning was read, or every document, quickly."""
        decode = self._decode
        for number in count():
            text, at = self._text, self._at
            if text[at : at + 1].isspace():
                if not self._blank(need=is_list):
                    return
                text, at = self._text, self._at
            try:
                value, end = decode(text, at)
                mark = text[end]
            except (json.JSONDecodeError, IndexError):
                if not is_list and not self._next_is_there():
                    return
                value = self._value()
                mark = self._blank(need=is_list)
                end = self._at
            if mark not in ",]":
                self._at = end
                mark = self._blank(need=is_list)
                end = self._at
            self._at = end + (is_list or mark == ",")
            yield (*place, number), value
            if is_list and mark == "]":
                return
            if is_list and mark != ",":
                raise self._wrong()

    def _value(self) -> Any:
        """The value that comes next, whole; more text is fetched until it is."""
        self._blank(need=True)
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except json.JSONDecodeError as error:
                # Either wrong, or not all there yet.
                left = len(self._text) - self._at
                if left > MOST_VALUE_CHARACTERS or (
                    error.pos < len(self._text) - 400 and left > 800
                ):
                    raise self._wrong(error.pos) from error
                self._more()
                continue
            # A number may go on in the next piece.
            if end == len(self._text) and not isinstance(value, (dict, list, str)):
                try:
                    self._more()
                    continue
                except _EndError:
                    pass
            self._at = end
            return value

    def _pass_over(self) -> None:
        """Go behind the next value, in as little memory as possible."""
        mark = self._blank(need=True)
        if mark not in "[{":
            self._value()
            return
        self._at += 1
        end = "]" if mark == "[" else "}"
        if self._blank(need=True) == end:
            self._at += 1
            return
        while True:
            if mark == "{":
                self._value()
                if self._blank(need=True) != ":":
                    raise self._wrong()
                self._at += 1
            self._pass_over()
            after = self._blank(need=True)
            self._at += 1
            if after == end:
                return
            if after != ",":
                raise self._wrong()

    def _blank(self, *, need: bool = False) -> str:
        """Go to the next character that is no blank, and tell it; "" at the end.

        Raises: _EndError at the end, if `need`.
        """
        while True:
            match = _BLANK.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            try:
                self._more()
            except _EndError:
                if need:
                    raise
                return ""

    def _more(self) -> None:
        piece = next(self._pieces, "")
        if not piece:
            raise _EndError
        self._before += self._at
        self._text = self._text[self._at :] + piece
        self._at = 0

    def _wrong(self, at: int | None = None) -> JsonError:
        at = self._at if at is None else at
        return JsonError(f"character {self._before + at + 1}: {self._text[at : at + 20]!r}")


def _fits(pattern: tuple[str, ...], place: Path) -> bool:
    """Whether `place` is, or may lead to, what the pattern names; both from the top."""
    return len(place) <= len(pattern) and all(
        part in ("*", str(key)) for part, key in zip(pattern, place, strict=False)
    )
