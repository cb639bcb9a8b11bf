"""Whether the labelled calls' computed telephone sounds as a real one: the same calls through Asterisk.

``python -m bench.codec [FOLDER] [--calls 16]`` plays the debtor's legs of labelled calls (made where FOLDER
is left out) as a SIP carrier would: G.711 mu-law in RTP, into calls that the product's own engine places on a
private Asterisk. What its taps give the recogniser is decoded and compared with the decoded files. Calls run
side by side in real time, about a minute for eight.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import os
import socket
from collections.abc import Mapping
from pathlib import Path

import platformdirs
import structlog

from bench.hearing import the_model
from bench.labelled.make import make_call
from bench.labelled.script import read_scripts
from bench.labelled.sound import NARROW, Voices
from compliance.checks.rules import load_speech_rules
from compliance.evaluation.audio import read_leg
from compliance.evaluation.labels import read_folder
from compliance.evaluation.wer import WordErrors, word_errors
from compliance.transcription.engine import Engine
from compliance.transcription.g711 import to_ulaw
from compliance.transcription.live import transcribe
from compliance.transcription.words import Leg
from dialer.asterisk.addresses import HostPort
from dialer.asterisk.install import find_or_install
from dialer.asterisk.settings import Settings
from dialer.legs import Trunk
from tests.dialer.rig import Rig, carrier, rig
from tests.dialer.sip_phone import Source
from tests.fixtures.asterisk import CARRIER_IP, free_port, instance

AT_ONCE = 8
PACKET = 160
"""Bytes of 20 ms of G.711."""
LEAD_PACKETS = 100
"""Silence before the debtor speaks, in packets: the tap opens a moment after the answer."""


def main() -> None:
    """Print the word errors of both ways, and how far the two transcripts differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="labelled calls; made in the cache without it")
    parser.add_argument("--calls", type=int, default=16)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    cache = Path(os.environ.get("DUNLINE_CACHE") or platformdirs.user_cache_dir("dunline"))
    folder = options.folder or cache / "labelled"
    if options.folder is None:
        _make(folder, cache, options.calls)
    labels = sorted(read_folder(folder), key=lambda label: label.id)
    calls = labels[:: max(1, len(labels) // options.calls)][: options.calls]
    sounds = {label.id: read_leg(folder / label.id / label.audio[Leg.DEBTOR])[0] for label in calls}
    tapped = asyncio.run(_through_asterisk(sounds, cache))
    engine = Engine(the_model(cache))
    filed, lined, apart = WordErrors(), WordErrors(), WordErrors()
    for label in calls:
        said = " ".join(s.text for s in label.said if s.leg is Leg.DEBTOR)
        file, line = (_heard(engine, pcm[label.id]) for pcm in (sounds, tapped))
        filed, lined = filed + word_errors(said, file), lined + word_errors(said, line)
        apart += word_errors(file, line)
    print(f"{len(calls)} debtor's legs at 8 kHz, {filed.said} words, by {engine.name}")
    print(f"  from the files (band and mu-law computed)       word error rate {filed.rate:.1%}")
    print(f"  through Asterisk (RTP, G.711, the engine's tap) word error rate {lined.rate:.1%}")
    print(f"  the two transcripts differ in {apart.rate:.1%} of their words")


def _make(folder: Path, cache: Path, count: int) -> None:
    scripts = [s for s in read_scripts() if s.part == "development"]
    rules, voices = load_speech_rules(), Voices(cache)
    try:
        for script in scripts[:: max(1, len(scripts) // count)][:count]:
            place = folder / script.file / script.id
            if not (place / "call.toml").exists():
                make_call(script, rules, voices, place)
    finally:
        voices.close()


def _heard(engine: Engine, pcm: bytes) -> str:
    return " ".join(u.text for u in transcribe(engine.once(), pcm, NARROW, Leg.DEBTOR))


async def _through_asterisk(sounds: Mapping[str, bytes], cache: Path) -> dict[str, bytes]:
    """Return what the taps gave of each sound, 16-bit PCM at 8 kHz."""
    settings = Settings(
        carrier=HostPort(CARRIER_IP, free_port(CARRIER_IP, socket.SOCK_DGRAM)),
        practice=HostPort("127.0.0.1", free_port("127.0.0.1", socket.SOCK_STREAM)),
    )
    numbers = {f"+1312555{n:04d}": name for n, name in enumerate(sounds, 100)}
    with instance(find_or_install(cache), settings) as asterisk:
        trunk: Trunk = "carrier"
        async with rig(asterisk, trunk) as line, carrier(asterisk) as phone:
            phone.sources = {number: _carried(sounds[name]) for number, name in numbers.items()}
            waiting, tapped = list(numbers), dict[str, bytes]()
            while waiting:
                now, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
                got = await asyncio.gather(*(_one(line, number, sounds[numbers[number]]) for number in now))
                tapped |= {numbers[number]: pcm for number, pcm in zip(now, got, strict=True)}
                print(f"  {len(tapped)} of {len(sounds)} calls are through", flush=True)
    return tapped


def _carried(pcm: bytes) -> Source:
    """A carrier's packets of a leg: silence, the leg, silence."""
    coded, quiet = to_ulaw(pcm), b"\xff" * PACKET

    def packet(number: int) -> bytes:
        at = (number - LEAD_PACKETS) * PACKET
        return coded[at : at + PACKET].ljust(PACKET, b"\xff") if at >= 0 else quiet

    return packet


async def _one(line: Rig, number: str, pcm: bytes) -> bytes:
    """Call a number and return what its debtor's tap gave until the leg was over."""
    call = await line.talking(number)
    await asyncio.sleep(len(pcm) / 2 / NARROW + LEAD_PACKETS * 0.02 + 1)
    frames = line.heard(call, Leg.DEBTOR)
    await line.finish(call)
    assert {frame.rate for frame in frames} == {NARROW}
    heard = bytearray(2 * math.ceil((frames[-1].offset + 0.1) * NARROW))
    for frame in frames:
        at = 2 * round(frame.offset * NARROW)
        heard[at : at + len(frame.pcm)] = frame.pcm
    return bytes(heard)


if __name__ == "__main__":
    main()
