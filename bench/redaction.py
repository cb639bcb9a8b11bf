"""What masking costs: a final utterance looked at with the minute before it, and a partial result.

Beside it, in the same run, a bare loop that only takes the same words apart at their blanks and looks each up
in a dictionary: the least that looking at them can take. Goal: a final utterance at most 1 ms of CPU.
"""

from __future__ import annotations

import json
import statistics
import time

from compliance.redaction import find
from compliance.redaction.mask import mask_call, mask_partial
from compliance.redaction.policy import EVERYTHING
from compliance.redaction.tokens import may_matter, parse
from compliance.transcription.words import Leg, Utterance, Word
from workstation.store.redactions import WINDOW_LINES

TALK = (
    "a good afternoon this is dana whitfield of northwind supply on a recorded line",
    "d yes hello",
    "a am i speaking with jordan reyes",
    "d this is jordan",
    "a i am calling about invoice seven seven three one of three thousand two hundred dollars",
    "d we have had a slow month i can pay one thousand dollars on friday the twentieth",
    "a what is keeping the rest",
    "d our customer pays on the fifteenth call me back at three one two five five five oh one four four",
)
CARD = (
    "a then let us take the card number",
    "d four one one one one one one one",
    "a mm hm",
    "d one one one one one one one one",
    "a and the security code",
    "d one two three",
)


def conversation() -> list[Utterance]:
    """Ten minutes' worth of words, a card number in the middle."""
    said, at = [], 0.0
    for line in (TALK * 6 + CARD) * 3:
        leg = Leg.AGENT if line[0] == "a" else Leg.DEBTOR
        words = tuple(Word(w, at + 0.3 * n, at + 0.3 * n + 0.3, 0.9) for n, w in enumerate(line[2:].split()))
        said.append(Utterance(leg, at, words[-1].end, line[2:], words, True))
        at = words[-1].end + 0.4
    return said


def main() -> None:
    said = conversation()
    finals, partials, bare = [], [], []
    for _ in range(5):
        parse.cache_clear()
        find._look.cache_clear()
        for n, utterance in enumerate(said):
            before = said[max(0, n - WINDOW_LINES) : n]
            begin = time.process_time_ns()
            mask_partial(
                Utterance(utterance.leg, utterance.start, utterance.end, utterance.text, (), False),
                before,
                EVERYTHING,
            )
            middle = time.process_time_ns()
            if may_matter(utterance.text):
                mask_call([*before, utterance], EVERYTHING)
            end = time.process_time_ns()
            partials.append(middle - begin)
            finals.append(end - middle)
            known = dict.fromkeys(CARD, 0)
            sum(known.get(word, 0) for u in (*before, utterance) for word in u.text.split())
            bare.append(time.process_time_ns() - end)
    mean = statistics.fmean(finals) / 1e6
    print(
        json.dumps(
            {
                "bench": "redaction",
                "utterances": len(said),
                "final_mean_ms": round(mean, 3),
                "final_median_ms": round(statistics.median(finals) / 1e6, 3),
                "final_p95_ms": round(statistics.quantiles(finals, n=20)[-1] / 1e6, 3),
                "partial_mean_ms": round(statistics.fmean(partials) / 1e6, 3),
                "bare_loop_mean_ms": round(statistics.fmean(bare) / 1e6, 3),
                "goal_ms": 1.0,
                "met": mean <= 1.0,
            }
        )
    )


if __name__ == "__main__":
    main()
