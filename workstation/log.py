"""Logging: JSON lines to a rotating file, never to the terminal that the screens own."""

from __future__ import annotations

import logging
import logging.handlers
import re
from pathlib import Path
from typing import Any

import structlog

_DIGITS = re.compile(r"(?<!\d)(?:\d[ -]?){13,19}(?!\d)")


def _no_card_numbers(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Card-length digit runs never reach a log file (PCI DSS 4.0.1, requirement 3.3.1)."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _DIGITS.sub("[digits]", value)
    return event


def set_up(file: Path, *, level: int = logging.INFO) -> None:
    """Send structlog and the standard library's loggers to `file` as JSON lines, 5 files of 10 MB."""
    file.parent.mkdir(parents=True, exist_ok=True)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _no_card_numbers,
    ]
    handler = logging.handlers.RotatingFileHandler(file, maxBytes=10_000_000, backupCount=5, encoding="utf-8")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        if isinstance(old, logging.FileHandler):
            old.close()
    root.addHandler(handler)
    root.setLevel(level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
