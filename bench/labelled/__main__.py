"""``python -m bench.labelled FOLDER [--set held] [--only NAME ...] [--snr DB]``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import platformdirs

from bench.labelled.make import make_call
from bench.labelled.script import read_scripts, with_noise
from bench.labelled.sound import Voices
from compliance.checks.rules import load_speech_rules


def main() -> None:
    """Make the calls; those that are there already are left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", choices=("development", "seen", "held"), help="only this part")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="only these calls, or files of calls")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth call")
    parser.add_argument(
        "--snr", metavar="DB", help="noise on both legs at this ratio; 'clean' for a quiet room"
    )
    options = parser.parse_args()
    cache = Path(os.environ.get("DUNLINE_CACHE") or platformdirs.user_cache_dir("dunline"))
    scripts = [s for s in read_scripts() if options.set in (None, s.part)]
    scripts = [s for s in scripts if not options.only or {s.id, s.file} & {*options.only}][:: options.every]
    if options.snr is not None:
        scripts = [with_noise(s, None if options.snr == "clean" else float(options.snr)) for s in scripts]
    rules, voices, seconds = load_speech_rules(), Voices(cache), 0.0
    try:
        for n, script in enumerate(scripts, 1):
            folder = options.folder / script.file / script.id
            if not (folder / "call.toml").exists():
                seconds += make_call(script, rules, voices, folder)
            sys.stderr.write(f"\r{n} of {len(scripts)} calls, {seconds:.0f} s made now")
            sys.stderr.flush()
    finally:
        voices.close()
    sys.stderr.write("\n")


if __name__ == "__main__":
    main()
