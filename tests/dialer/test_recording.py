"""Names, repair and reading of recordings, and the timeline they stand for."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from dialer.recording import RecordingError, Timeline, file_names, read, seconds, settle, wait_until_final

RATE = 16000


def write(path: Path, samples: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.arange(samples) % 30000).astype("<i2").tobytes())


def behead(path: Path) -> None:
    """Leave the header as a killed Asterisk does: lengths 0."""
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 4, 0)
    struct.pack_into("<I", data, 40, 0)
    path.write_bytes(data)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "call.wav16"
    write(path, 3 * RATE)
    return path


@pytest.mark.parametrize(
    "bad", ["../etc/x", "a b c d e f g", "short", "x" * 65, "call-001;rm", "call\n-0001"]
)
def test_a_name_from_outside_never_becomes_a_file_name(bad: str) -> None:
    with pytest.raises(RecordingError, match="is not a call id"):
        file_names(bad)


def test_names_come_from_the_id_alone() -> None:
    assert file_names("1b3f-0001") == {
        "mixed": "1b3f-0001.wav16",
        "agent": "1b3f-0001-agent.wav16",
        "debtor": "1b3f-0001-debtor.wav16",
    }


def test_a_stretch_is_read_exactly(recording: Path) -> None:
    pcm, rate = read(recording, 1.0, 1.5)
    assert rate == RATE
    assert np.array_equal(np.frombuffer(pcm, dtype="<i2"), np.arange(16000, 24000))
    assert read(recording, 2.5)[0] == read(recording, 2.5, 99.0)[0]
    assert read(recording, 5.0, 6.0) == (b"", RATE)
    assert read(recording, -1.0, 0.0) == (b"", RATE)


def test_a_beheaded_file_is_read_and_repaired(recording: Path) -> None:
    whole = read(recording)
    behead(recording)
    assert read(recording) == whole
    assert seconds(recording) == 3.0
    assert settle(recording)
    with wave.open(str(recording)) as file:
        assert (file.getnframes(), file.getframerate()) == (3 * RATE, RATE)
    assert not settle(recording)
    assert read(recording) == whole


def test_a_file_cut_in_the_middle_of_a_sample_is_repaired(recording: Path) -> None:
    behead(recording)
    with recording.open("ab") as file:
        file.write(b"\x01")
    assert settle(recording)
    assert read(recording, 2.9, 3.5)[0] == read(recording, 2.9, 3.0)[0]


def test_an_unfinished_or_foreign_file_is_named(tmp_path: Path) -> None:
    for content in (b"", b"RIFF", b"not a wave file at all, and longer than a header"):
        path = tmp_path / "odd.wav16"
        path.write_bytes(content)
        with pytest.raises(RecordingError, match=r"odd\.wav16"):
            seconds(path)
    with wave.open(str(tmp_path / "odd.wav16"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"\0" * 8)
    with pytest.raises(RecordingError, match="16-bit mono"):
        settle(tmp_path / "odd.wav16")


async def test_waiting_until_a_file_is_final(recording: Path, tmp_path: Path) -> None:
    await wait_until_final(recording, timeout=0.1)
    behead(recording)
    await wait_until_final(recording, quiet=0.1, timeout=1.0)
    with pytest.raises(RecordingError, match="missing"):
        await wait_until_final(tmp_path / "none.wav16", timeout=0.1)


def test_the_timeline_stands_still_on_hold() -> None:
    line = Timeline()
    assert (line.position(5.0), line.running) == (0.0, False)
    line.run(10.0)
    assert line.position(12.5) == 2.5
    line.run(13.0)
    assert line.position(13.0) == 3.0
    line.stop(14.0)
    line.stop(15.0)
    assert line.position(99.0) == 4.0
    line.run(20.0)
    assert line.position(21.0) == 5.0
    line.run(30.0, position=2.0)
    assert line.position(31.0) == 3.0
    assert line.position(0.0) == 2.0
