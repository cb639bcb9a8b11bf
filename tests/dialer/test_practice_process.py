"""The practice line as a process of its own: it starts, is found again, survives its parent, stops."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dialer.practice.client import PracticeLine
from dialer.practice.process import LOG_FILE, STATE_FILE, PracticeProcess, StartFailed, start_process
from tests.fixtures.practice import practice_cache

pytestmark = pytest.mark.speech

PARENT = """
import sys
from pathlib import Path
from dialer.practice.process import start_process
print(start_process(Path(sys.argv[1]), cache=Path(sys.argv[2])).pid)
"""


async def test_it_outlives_its_parent_and_is_found_by_its_home(tmp_path: Path) -> None:
    parent = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", PARENT, str(tmp_path), str(practice_cache())],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found = PracticeProcess.open(tmp_path)
    assert found is not None
    try:
        assert found.pid == int(parent.stdout)
        assert os.getsid(found.pid) == found.pid
        async with await PracticeLine.connect(found.host, found.control_port) as line:
            assert await line.ping() == found.pid
        # Asking again finds it instead of starting a second one.
        assert start_process(tmp_path, cache=practice_cache()) == found
    finally:
        found.stop()
    assert not found.running()
    assert not (tmp_path / STATE_FILE).exists()
    assert "Traceback" not in (tmp_path / LOG_FILE).read_text()
    found.stop()


def test_a_stale_state_file_is_not_believed(tmp_path: Path, unused_tcp_port: int) -> None:
    state = f'{{"host": "127.0.0.1", "port": 1, "control_port": {unused_tcp_port}, "pid": {os.getpid()}}}'
    (tmp_path / STATE_FILE).write_text(state)
    assert PracticeProcess.open(tmp_path) is None
    (tmp_path / STATE_FILE).write_text("{")
    assert PracticeProcess.open(tmp_path) is None


def test_a_start_that_fails_quotes_the_reason(tmp_path: Path, practice_line: PracticeProcess) -> None:
    with pytest.raises(StartFailed, match="address already in use"):
        start_process(tmp_path, cache=practice_cache(), port=practice_line.port)
