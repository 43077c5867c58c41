"""Packed recordings: read as plain ones, refused where they would take all memory or time."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from trayapp.errors import RecordingError
from trayapp.recording.files import read_recording
from trayapp.recording.source import Source

TABLE = "t_s,rss_bytes\n" + "".join(f"{row},{row}\n" for row in range(20_000))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_table_is_read_whole(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """Also one that was packed in several parts, as a rotated log is."""
    path = tmp_path / "table"
    half = len(TABLE) // 2
    path.write_bytes(pack(TABLE[:half].encode()) + pack(TABLE[half:].encode()))
    assert "".join(Source(path).lines()) == TABLE
    assert len(read_recording(path).tracks[0].memory) == 20_000


def test_a_file_of_xz_that_breaks_off_gives_what_comes_before(tmp_path: Path) -> None:
    path = tmp_path / "table.xz"
    packed = lzma.compress(TABLE.encode())
    path.write_bytes(packed[: len(packed) * 2 // 3])
    source = Source(path)
    text = "".join(source.lines())
    assert source.is_broken_off
    assert TABLE.startswith(text)
    assert len(text) > 10_000


def test_a_file_that_asks_for_all_memory_is_refused(tmp_path: Path) -> None:
    """Its few bytes say that a gigabyte is needed to unpack them."""
    packed = bytearray(lzma.compress(TABLE.encode()))
    end = 12 + 4 * (packed[12] + 1)
    packed[packed.index(b"\x21\x01", 12, end) + 2] = 36
    packed[end - 4 : end] = zlib.crc32(packed[12 : end - 4]).to_bytes(4, "little")
    path = tmp_path / "table.xz"
    path.write_bytes(packed)
    with pytest.raises(RecordingError, match="needs too much memory") as caught:
        read_recording(path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    """Some KiB of it hold many MiB of nothing."""
    path = tmp_path / "table"
    path.write_bytes(pack(b"t_s,rss_bytes\n1,1\n2,2\n" + b"\n" * (40 << 20)))
    unpacked = 0
    with pytest.raises(RecordingError, match="unpacks to far more"):
        for piece in Source(path).pieces():
            unpacked += len(piece)
    assert unpacked < 20 << 20
