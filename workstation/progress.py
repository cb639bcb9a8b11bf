"""Long work shows that it moves: bars on standard error, plain lines where that is not a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_BYTES = 100_000
"""Totals from here on are bytes, below it steps."""


class Bars:
    """Use as a context manager; call it with a label, what is done, and the total."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[amount]}"),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Callable[[str, int, int], None]:
        self._bars.start()
        return self._show

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def _show(self, label: str, done: int, total: int) -> None:
        with self._lock:
            if not self._console.is_terminal:
                finished = done >= total > 0
                line = f"{label}: done" if finished else f"{label} ..."
                if line not in self._told:
                    self._told.add(line)
                    sys.stderr.write(line + "\n")
                    sys.stderr.flush()
                return
            if label not in self._tasks:
                self._tasks[label] = self._bars.add_task(label, total=total or None, amount="")
            amount = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB" if total >= _BYTES else f"{done} of {total}"
            self._bars.update(self._tasks[label], completed=done, total=total or None, amount=amount)
