"""Practice debtors: their files, and their turn taking without any sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.practice.persona import (
    Act,
    Conversation,
    HangUp,
    Patience,
    Persona,
    PersonaError,
    Reply,
    Say,
    Tone,
    Turn,
    debtor_at,
    load_persona,
    load_personas,
    shipped_personas,
)

TICK = 0.02
GOOD = """
id = "x"
title = "X"
digits = "1"
name = "Jo"
voice = "light"
[[turns]]
after = "answer"
says = "Hello there."
ends = true
"""


def someone(*turns: Turn, replies: tuple[Reply, ...] = (), patience: Patience | None = None) -> Persona:
    return Persona("x", "X", "1", "Jo", "light", turns, replies, patience or Patience())


class Talk:
    """Runs a conversation on a made-up clock: the collector speaks in given spans, lines last one second."""

    def __init__(
        self,
        persona: Persona,
        speech: list[tuple[float, float]],
        overheard: Callable[[float, float], str | None] = lambda began, ended: None,
    ) -> None:
        self.acts: list[tuple[float, Act]] = []
        talk = Conversation(persona, overheard)
        busy_until = 0.0
        for tick in range(int(400 / TICK)):
            now = tick * TICK
            speaking = any(start <= now < end for start, end in speech)
            act = talk.step(now, far_speaking=speaking, talking=now < busy_until)
            if act is None:
                continue
            self.acts.append((now, act))
            busy_until = now + (act.seconds if isinstance(act, Tone) else 1.0)
            if isinstance(act, HangUp):
                assert talk.step(now + 1, far_speaking=True, talking=False) is None
                break

    @property
    def lines(self) -> list[str]:
        return [act.text for _, act in self.acts if isinstance(act, Say)]

    @property
    def ending(self) -> str:
        last = self.acts[-1][1]
        return last.reason if isinstance(last, HangUp) else "still up"


HELLO = Turn("Hello.", after="answer")
BYE = Turn("Goodbye.", ends=True)


def test_turns_follow_the_collectors_pauses() -> None:
    talk = Talk(someone(HELLO, Turn("Why?"), BYE), [(2, 4), (6, 8)])
    assert talk.lines == ["Hello.", "Why?", "Goodbye."]
    times = [at for at, _ in talk.acts]
    assert times[0] == pytest.approx(0.8, abs=0.03)
    # The pause is counted from the voice itself; hearing that it stopped takes 0.2 s of it.
    assert times[1] == pytest.approx(4 + 0.9 - 0.2, abs=0.05)
    assert times[2] == pytest.approx(8 + 0.9 - 0.2, abs=0.05)
    assert talk.ending == "said everything"
    assert times[3] >= times[2] + 1.0 + 0.5


def test_a_breath_between_two_sentences_is_no_turn() -> None:
    talk = Talk(someone(HELLO, BYE), [(2, 3), (3.5, 4.5), (4.9, 6)])
    assert [round(at) for at, act in talk.acts if isinstance(act, Say)] == [1, 7]


def test_a_cough_is_no_turn() -> None:
    talk = Talk(someone(HELLO, BYE), [(2, 2.1), (5, 5.1), (9, 11)])
    assert talk.acts[1][0] > 11


def test_nobody_begins_over_somebody_who_talks() -> None:
    talk = Talk(someone(HELLO, BYE), [(0.2, 5.0)])
    assert talk.acts[0][0] == pytest.approx(5.0, abs=0.05)
    # What was said before the greeting was heard, so it is answered next.
    assert talk.lines == ["Hello.", "Goodbye."]


def test_a_greeting_does_not_wait_for_ever() -> None:
    talk = Talk(someone(HELLO, BYE), [(0.0, 60.0)])
    assert talk.acts[0][0] == pytest.approx(10.8, abs=0.05)


def test_silence_is_nudged_and_then_ended() -> None:
    patience = Patience(nudge_after_s=5, nudges=("Still there?",))
    talk = Talk(someone(HELLO, BYE, patience=patience), [])
    assert talk.lines == ["Hello.", "Still there?"]
    assert talk.ending == "nobody spoke"
    assert talk.acts[-1][0] == pytest.approx(1.8 + 5 + 1 + 5, abs=0.1)


def test_a_call_has_a_longest_time() -> None:
    music = [(2.0, 400.0)]
    talk = Talk(someone(HELLO, BYE, patience=Patience(limit_s=30)), music)
    assert talk.ending == "the call took too long"
    assert talk.acts[-1][0] == pytest.approx(30, abs=0.05)


def test_a_tone_follows_its_words_and_a_long_pause_ends_the_message() -> None:
    machine = shipped_personas()["6"]
    talk = Talk(machine, [(9, 12), (14, 16)])
    assert isinstance(talk.acts[1][1], Tone)
    assert talk.acts[-1][0] == pytest.approx(16 + 5 - 0.2, abs=0.1)


def test_cues_choose_replies_and_do_not_use_up_turns() -> None:
    said = {
        2: "Am I speaking with Jordan?",
        6: "This call is recorded.",
        10: "Am I speaking with you?",
        14: "Bye.",
    }
    who = Reply(("speaking with",), "Yes.")
    fine = Reply(("recorded",), "Fine.", again=True)
    end = Reply(("bye",), "So long.", ends=True)
    talk = Talk(
        someone(HELLO, Turn("Never got it."), Turn("Friday."), BYE, replies=(who, fine, end)),
        [(at, at + 2) for at in said],
        lambda began, ended: said[int(began)],
    )
    # The second "speaking with" finds its reply used up: the next turn is taken instead.
    assert talk.lines == ["Hello.", "Yes.", "Fine.", "Never got it.", "So long."]
    assert talk.ending == "said goodbye"


def test_cues_are_whole_words() -> None:
    talk = Talk(
        someone(HELLO, Turn("Next."), BYE, replies=(Reply(("end",), "No."),)),
        [(2, 4), (6, 8)],
        lambda began, ended: "Send the friend.",
    )
    assert talk.lines == ["Hello.", "Next.", "Goodbye."]


def test_without_words_blind_replies_come_first_once() -> None:
    who = Reply(("speaking with",), "Yes, speaking.", blind=True)
    talk = Talk(someone(HELLO, Turn("Next."), BYE, replies=(who,)), [(2, 4), (6, 8), (10, 12)])
    assert talk.lines == ["Hello.", "Yes, speaking.", "Next.", "Goodbye."]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 200), st.floats(0, 60)), max_size=12),
    st.sampled_from(sorted(shipped_personas())),
    st.sampled_from([None, "goodbye", "is that right", "is this the office", "nonsense"]),
)
def test_every_call_ends(spans: list[tuple[float, float]], digit: str, words: str | None) -> None:
    persona = shipped_personas()[digit]
    talk = Talk(persona, [(start, start + length) for start, length in spans], lambda began, ended: words)
    assert isinstance(talk.acts[-1][1], HangUp)
    assert talk.acts[-1][0] <= persona.patience.limit_s + 0.1


# ---- files ---------------------------------------------------------------------------------------------


def test_the_shipped_debtors_answer_to_every_digit_the_dialplan_leaves() -> None:
    personas = shipped_personas()
    assert sorted(personas) == ["0", "1", "37", "5", "6", "7", "8", "9"]
    assert len({persona.voice for persona in personas.values()}) >= 2
    assert personas["1"].id == "promise"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("digits", 'digits = "1a"'), "digits: '1a' must be one or more of 0 to 9"),
        (("digits", 'digits = ""'), "digits: '' must be one or more of 0 to 9"),
        (("voice", 'voice = "robot"'), "voice: 'robot' is unknown: one of agent, light, deep"),
        (("ends", "ends = false"), "turns[0].ends: the last turn must have ends = true"),
        (("says", 'says = "😀"'), "turns[0].says: nothing in '😀' can be spoken"),
        (("says", "says = 3"), "turns[0].says: Expected `str`, got `int`"),
        (("says", 'sayss = "Hi."'), "turns[0]: Object contains unknown field `sayss`"),
        (("after", 'after = "later"'), "turns[0].after: Invalid enum value 'later'"),
        (("name", ""), "top: Object missing required field `name`"),
        (("id", "id = "), "cannot be read: Invalid value"),
        (
            ("title", 'title = "X"\n[patience]\nlimit_s = 0'),
            "patience: nudge_after_s and limit_s must be above 0",
        ),
    ],
)
def test_a_wrong_file_is_named_with_its_key(change: tuple[str, str], complaint: str, tmp_path: Path) -> None:
    key, line = change
    path = tmp_path / "jo.toml"
    lines = GOOD.strip().splitlines()
    tail = line.split("\n", 1)[1:] if "\n" in line else []
    lines = [line.split("\n")[0] if old.startswith(f"{key} =") else old for old in lines] + tail
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(PersonaError) as error:
        load_persona(path)
    assert str(path) in str(error.value)
    assert complaint in str(error.value)


def test_two_files_cannot_claim_one_digit(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(GOOD)
    with pytest.raises(PersonaError, match=r"b\.toml: digits: '1' is already taken by a\.toml"):
        load_personas(sorted(tmp_path.glob("*.toml")))


@pytest.mark.parametrize("ending", ["5x", "8", "1234567890123"])
def test_an_ending_is_two_digits_or_more(ending: str, tmp_path: Path) -> None:
    (tmp_path / "jo.toml").write_text(f'endings = ["{ending}"]\n{GOOD}')
    with pytest.raises(PersonaError, match=rf"endings\[0\]: '{ending}' must be 2 to 12 digits"):
        load_persona(tmp_path / "jo.toml")


def test_the_longest_ending_has_the_number(tmp_path: Path) -> None:
    for name, who in (("one", 'digits = "1"'), ("two", 'digits = ""\nendings = ["21", "521"]')):
        (tmp_path / f"{name}.toml").write_text(
            GOOD.replace('digits = "1"', who).replace('id = "x"', f'id = "{name}"')
        )
    personas = load_personas(sorted(tmp_path.glob("*.toml")))
    reached = {number: debtor_at(personas, number) for number in ("15550121", "5521", "15550131", "2", "")}
    assert {number: found and found.id for number, found in reached.items()} == {
        "15550121": "two", "5521": "two", "15550131": "one", "2": None, "": None,
    }  # fmt: skip


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PersonaError, match=r"none\.toml: cannot be read"):
        load_persona(tmp_path / "none.toml")


def test_a_reply_needs_a_cue(tmp_path: Path) -> None:
    path = tmp_path / "jo.toml"
    path.write_text(GOOD + '[[replies]]\ncues = ["?"]\nsays = "Yes."\n')
    with pytest.raises(PersonaError, match=r"replies\[0\]\.cues: each cue needs a word"):
        load_persona(path)
