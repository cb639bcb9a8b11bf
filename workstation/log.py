"""Logging: JSON lines to a rotating file, never to the terminal that the screens own."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path
from typing import Any

import structlog

from compliance.redaction.mask import mask_text
from compliance.redaction.policy import EVERYTHING
from compliance.redaction.tokens import LEAST_WRITTEN

SHORTEST_CARD: int = 10 ** (LEAST_WRITTEN - 1)
"""The least number that may be one of a card."""


def _no_card_numbers(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Card data and the like never reach a log file (PCI DSS 4.0.1, requirement 3.3.1)."""
    return {key: _clean(value) for key, value in event.items()}


def _clean(value: Any) -> Any:
    """Mask every text in a value, however deep."""
    if isinstance(value, str):
        return mask_text(value, EVERYTHING)
    if value is None or isinstance(value, float) or (isinstance(value, int) and value < SHORTEST_CARD):
        return value
    if isinstance(value, dict):
        return {key: _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner) for inner in value]
    if isinstance(value, logging.LogRecord | logging.Logger):
        return value
    return mask_text(str(value), EVERYTHING)


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
