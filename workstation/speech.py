"""The speech model and the engines that the settings name.

Imports are made where they are used, as in `workstation.bootstrap`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workstation.config import ConfigError, Settings

if TYPE_CHECKING:
    from compliance.transcription.engine import Engine, RecordingEngine


def speech_model(settings: Settings) -> Path:
    """Return the model's folder, taught how calls are talked. Raises ConfigError where there is none."""
    from compliance.transcription.field_talk import model_for_calls

    model = model_for_calls(Path(settings.speech.model) if settings.speech.model else None, settings.cache)
    if model is None:
        raise ConfigError("there is no speech model: run 'dunline doctor --fix', or set speech.model")
    return model


def vosk_engine(settings: Settings, *, live: bool = False) -> Engine:
    """Load Vosk as it hears recordings, or with `live` searching no harder than while people talk.

    Raises ConfigError, ModelError, EngineError.
    """
    from compliance.checks.listen_for import phrases_to_listen_for
    from compliance.checks.rules import load_speech_rules
    from compliance.transcription.decoding import THOROUGH
    from compliance.transcription.engine import Engine

    phrases = phrases_to_listen_for(load_speech_rules())
    return Engine(speech_model(settings), None if live else THOROUGH, listen_for=phrases)


def whisper_engine(model: str) -> RecordingEngine:
    """Load the second engine: `model` is a folder, or ``package:NAME``. Raises EngineError."""
    from compliance.transcription.whisper import WhisperEngine

    return WhisperEngine(model)
