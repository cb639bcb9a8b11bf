"""How hard the recogniser searches: quick while people talk, thorough on a recording.

Vosk reads these options from the model's ``conf/model.conf`` only, so another choice is another model
directory: links to the same files, and a ``conf`` of its own. It is needed while the model loads, and no
longer.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Decoding:
    """Kaldi's options for the search through a model; larger is more thorough and slower."""

    beam: float
    """How much worse than the best a path may be and still be followed (negated log likelihood)."""
    max_active: int
    """The most paths followed at once."""
    lattice_beam: float
    """How much worse than the best an alternative may be and still weigh in a word's confidence."""

    def __str__(self) -> str:
        return f"beam {self.beam:g} active {self.max_active} lattice {self.lattice_beam:g}"


THOROUGH = Decoding(beam=13.0, max_active=7000, lattice_beam=6.0)
"""For the pass after a call; docs/hearing-options.md has what was measured."""


@contextmanager
def as_decoded(model: Path, decoding: Decoding | None) -> Iterator[Path]:
    """Give a directory that loads as `model` does, searched as `decoding` says; None: as the model says.

    A model of the older layout (``final.mdl`` beside its ``conf``) has its options in the engine, not in a
    file: it comes back as it is. Raises OSError where no temporary directory can be made.
    """
    options = model / "conf" / "model.conf"
    if decoding is None or not options.is_file():
        yield model
        return
    with tempfile.TemporaryDirectory(prefix="dunline-model-") as made:
        place = Path(made) / model.name
        (place / "conf").mkdir(parents=True)
        for part in model.iterdir():
            if part.name != "conf":
                (place / part.name).symlink_to(part.resolve())
        for part in (model / "conf").iterdir():
            if part.name != "model.conf":
                (place / "conf" / part.name).symlink_to(part.resolve())
        text = _changed(options.read_text(encoding="utf-8"), decoding)
        (place / "conf" / "model.conf").write_text(text, encoding="utf-8")
        yield place


def _changed(text: str, decoding: Decoding) -> str:
    """Return a ``model.conf`` with the options of `decoding` in place of its own."""
    wanted = {
        "--beam": f"{decoding.beam:g}",
        "--max-active": str(decoding.max_active),
        "--lattice-beam": f"{decoding.lattice_beam:g}",
    }
    kept = [line for line in text.splitlines() if line.partition("=")[0].strip() not in wanted]
    return "\n".join([*kept, *(f"{name}={value}" for name, value in wanted.items())]) + "\n"
