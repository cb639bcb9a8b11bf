"""The catalog: talk, answers, search, and recognising what debtors say through recognition errors."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from compliance.rulebook import Rulebook
from scripts.catalog import PACKAGED, Catalog
from scripts.errors import ScriptFileError, UnknownScript
from scripts.excuse import BUSINESS, CONSUMER
from scripts.matching import SURE, Heard, words_of
from scripts.render import load_vocabulary

CATALOG = Catalog.load()
FACTS = {name: field.example for name, field in load_vocabulary().items()}
B2B, AGENCY = "b2b-first-party", "consumer-third-party"
DEBT_WORDS = {
    "debt",
    "owe",
    "owes",
    "invoice",
    "invoices",
    "balance",
    "collect",
    "due",
    "account",
    "payment",
    "pay",
    "bill",
}


# ---- talk ----------------------------------------------------------------------------------------------


def test_every_profile_of_the_rulebook_has_a_talk() -> None:
    assert set(CATALOG.profiles) == set(Rulebook.load().profiles)


@pytest.mark.parametrize("profile", CATALOG.profiles)
def test_every_step_speaks_in_full_sentences(profile: str) -> None:
    for step in CATALOG.talk(profile):
        text = CATALOG.render_step(step.id, FACTS)
        assert text[0].isupper() or text[0].isdigit(), step.id
        assert text[-1] in ".?", step.id
        assert "  " not in text
        assert "{" not in text
        assert step.title
        assert step.when


@pytest.mark.parametrize("profile", CATALOG.profiles)
def test_every_step_can_be_said_with_empty_facts(profile: str) -> None:
    empty = dict.fromkeys(FACTS, "")
    for step in CATALOG.talk(profile):
        assert CATALOG.render_step(step.id, empty)


@pytest.mark.parametrize("profile", CATALOG.profiles)
def test_notice_and_identity_come_in_the_first_sentence_and_no_debt_word_before_the_right_person(
    profile: str,
) -> None:
    opening, verification = CATALOG.talk(profile)[:2]
    first = CATALOG.render_step(opening.id, FACTS).partition(". ")[0]
    assert "recorded" in first
    assert "Dana Whitfield" in first
    assert "Northwind Supply" in first
    early = words_of(
        CATALOG.render_step(opening.id, FACTS) + " " + CATALOG.render_step(verification.id, FACTS)
    )
    assert not DEBT_WORDS & set(early)


@pytest.mark.parametrize("profile", CATALOG.profiles)
def test_verification_discloses_no_identifier(profile: str) -> None:
    text = CATALOG.render_step(CATALOG.talk(profile)[1].id, FACTS)
    for secret in ("A-10482", "7731", "8,420", "3,200", "October 8"):
        assert secret not in text
    assert " and " in text  # two identifiers are asked for


def test_the_mini_miranda_is_said_where_the_rulebook_wants_it_and_before_the_amount() -> None:
    book = Rulebook.load()
    for profile in CATALOG.profiles:
        ids = [step.id.partition("/")[2] for step in CATALOG.talk(profile)]
        if book.level(profile, "conduct/mini-miranda") == "block":
            assert ids.index("disclosure") == ids.index("verification") + 1
            assert ids.index("disclosure") < ids.index("purpose")
            said = CATALOG.render_step(f"{profile}/disclosure", FACTS)
            assert "attempt to collect a debt" in said
            assert "from a debt collector" in said
    assert "disclosure" not in {step.id.partition("/")[2] for step in CATALOG.talk(B2B)}


def test_the_purpose_follows_the_facts() -> None:
    step = f"{B2B}/purpose"
    assert "3 open invoices" in CATALOG.render_step(step, FACTS)
    assert "1,200 dollars for Tuesday, November 17" in CATALOG.render_step(step, FACTS)
    one = CATALOG.render_step(step, {**FACTS, "open_invoices_count": "1", "last_promise_amount": ""})
    assert one.endswith("invoice 7731 for 3,200 dollars, which was due on October 8.")
    early = CATALOG.render_step(step, {**FACTS, "days_late": "0", "last_promise_amount": ""})
    assert early.endswith("which falls due on October 8.")


def test_the_read_back_asks_for_what_is_missing() -> None:
    step = f"{B2B}/read-back"
    assert "5,000 dollars on Friday, November 27 by bank transfer" in CATALOG.render_step(step, FACTS)
    assert "which amount" in CATALOG.render_step(step, {**FACTS, "promise_date": ""})


def test_unknown_names_get_the_nearest() -> None:
    with pytest.raises(UnknownScript, match="did you mean 'b2b-first-party'"):
        CATALOG.talk("b2b-first-partie")
    with pytest.raises(UnknownScript, match="did you mean 'b2b-first-party/opening'"):
        CATALOG.render_step("b2b-first-party/openin", FACTS)
    with pytest.raises(UnknownScript, match="did you mean 'lost-job'"):
        CATALOG.render_excuse("lost-jb", FACTS)


# ---- excuses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [B2B, AGENCY])
@pytest.mark.parametrize("stage", [1, 2, 3, 4, 5, 6])
def test_every_answer_of_a_profile_and_stage_can_be_given(profile: str, stage: int) -> None:
    excuses = CATALOG.excuses(profile, stage)
    assert len(excuses) >= 10
    assert [e.rank for e in excuses] == sorted(e.rank for e in excuses)
    assert CATALOG.excuses(profile, stage) is excuses
    for excuse in excuses:
        said = CATALOG.render_excuse(excuse.id, {**FACTS, "profile": profile, "stage": str(stage)})
        assert said.title == excuse.title
        assert said.probe[-1] in ".?"
        assert said.reply[-1] in ".?"
        low = f"{said.probe} {said.reply}".lower()
        assert not [phrase for phrase in excuse.forbidden if phrase in low], excuse.id
        for threat in ("arrest", "garnish", "lawsuit", "sue ", "jail", "police"):
            assert threat not in low, excuse.id


def test_enough_excuses_for_each_kind_of_debtor() -> None:
    everything = CATALOG.search("")
    assert len(everything) >= 33
    assert sum(BUSINESS in e.applies for e in everything) >= 25
    assert sum(CONSUMER in e.applies for e in everything) >= 18


def test_variants_by_debtor_and_stage() -> None:
    def reply(**facts: str) -> str:
        return CATALOG.render_excuse("cash-flow", {**FACTS, **facts}).reply

    assert "8,420 dollars" in reply(profile=B2B)
    assert "leaves you enough" in reply(profile=AGENCY)
    assert reply(profile="", debtor_company="") == reply(profile=AGENCY)
    assert reply(profile="") == reply(profile=B2B)
    late = CATALOG.render_excuse("pay-sometime", {**FACTS, "stage": "5"}).reply
    early = CATALOG.render_excuse("pay-sometime", {**FACTS, "stage": "3"}).reply
    unknown = CATALOG.render_excuse("pay-sometime", {**FACTS, "stage": ""}).reply
    assert late != early == unknown


def test_search_finds_by_title_cue_and_slip_of_the_finger() -> None:
    assert CATALOG.search("invoice never")[0].id == "never-got-the-invoice"
    assert CATALOG.search("lawyer")[0].id == "lawyer"
    assert "lawyer" in {e.id for e in CATALOG.search("lawyr")}
    assert CATALOG.search("check mail")[0].id == "already-paid"
    assert CATALOG.search("zebra") == ()
    assert {e.id for e in CATALOG.search("job", AGENCY)} >= {"lost-job"}
    assert "lost-job" not in {e.id for e in CATALOG.search("job", B2B)}
    assert "refuse" not in {e.id for e in CATALOG.search("", B2B, 2)}


# ---- recognition ---------------------------------------------------------------------------------------

HEARD = [
    ("we never got the invoice i don't think", B2B, "never-got-the-invoice"),
    ("uh we never got that in voice", B2B, "never-got-the-invoice"),
    ("i don't think we ever received an invoice for that", B2B, "never-got-the-invoice"),
    ("sorry i must have misplaced the bill", AGENCY, "lost-the-invoice"),
    ("there's no p o number on it so the portal rejected it", B2B, "missing-reference"),
    ("well the amount is just wrong you know", B2B, "amount-wrong"),
    ("half of it was damaged when the goods arrived the goods were damaged", B2B, "goods-or-service"),
    ("we already paid that last week", B2B, "already-paid"),
    ("the check is in the male", B2B, "already-paid"),
    ("it's gonna be in the next payment run", B2B, "next-payment-run"),
    ("he's out of the office so nobody can approve it", B2B, "approver-away"),
    ("we're waiting for our customer to pay us", B2B, "waiting-for-customer"),
    ("honestly cash flow's a bit tight at the moment", B2B, "cash-flow"),
    ("i can't afford that right now", AGENCY, "cash-flow"),
    ("our system's down we can't make payments", B2B, "system-down"),
    ("our terms are sixty days", B2B, "terms-differ"),
    ("you need to talk to accounts payable", B2B, "not-the-right-person"),
    ("your sales rep told us we could pay later", B2B, "salesperson-promised"),
    ("we're still waiting for the credit note", B2B, "credit-pending"),
    ("we filed for bankruptcy in march", B2B, "bankruptcy"),
    ("i sold the business last year", B2B, "sold-the-business"),
    ("we're waiting for the loan to come through", B2B, "credit-line"),
    ("i lost my job last month", AGENCY, "lost-job"),
    ("i've been laid off", AGENCY, "lost-job"),
    ("my husband died two weeks ago", AGENCY, "illness-or-loss"),
    ("my insurance is supposed to cover that", AGENCY, "insurance"),
    ("that's not my debt", AGENCY, "not-my-debt"),
    ("you've got the wrong number", AGENCY, "wrong-number"),
    ("there's no one here by that name", AGENCY, "wrong-number"),
    ("i dispute that and i want proof in writing", AGENCY, "dispute-send-proof"),
    ("you can talk to my attorney about it", AGENCY, "lawyer"),
    ("please stop calling me", AGENCY, "stop-calling"),
    ("don't ever call me again", AGENCY, "stop-calling"),
    ("i can't talk right now i'm driving", AGENCY, "cannot-talk-now"),
    ("all i get is social security", AGENCY, "only-benefits"),
    ("that debt is too old it's past the statute of limitations", AGENCY, "too-old"),
    ("we'll pay as soon as we can", B2B, "pay-sometime"),
    ("i'm not paying that so go ahead and sue me", AGENCY, "refuse"),
    ("i know i said i'd pay but i couldn't make the payment", AGENCY, "broke-promise"),
    ("can we still take the two percent discount", B2B, "early-payment-discount"),
]


@pytest.mark.parametrize(("text", "profile", "expected"), HEARD)
def test_what_is_said_is_recognised(text: str, profile: str, expected: str) -> None:
    matches = CATALOG.recognise(text, profile, 4)
    assert matches, text
    assert expected in [match.excuse.id for match in matches[:2]], [(m.excuse.id, m.score) for m in matches]
    assert all(SURE <= match.score <= 1.0 for match in matches)
    assert all(match.words in " ".join(words_of(text)) for match in matches)


PLAIN = [
    "hello",
    "yes this is jordan",
    "speaking",
    "yes got it i can pay five thousand on friday",
    "i got the invoice thank you",
    "we received the invoice last week",
    "yes we have that invoice here",
    "the amount is right",
    "yes that amount is correct",
    "the goods arrived in good order",
    "no problem i can send it right now",
    "we have not paid it yet but we will do it on friday",
    "no we have not paid that",
    "my email is billing at harlow tool dot com",
    "sure that is right",
    "our system is working fine",
    "we do not dispute it",
    "i do not have a lawyer",
    "no lawyer is involved",
    "this is the right number",
    "yes you have the right number",
    "please call me back on monday at ten",
    "you can call me again tomorrow",
    "he was in a meeting but now he is here",
    "i found a new job",
    "i still have my job",
    "we are doing well this month",
    "we are not bankrupt",
    "my date of birth is the fifth of may",
    "can you hold on a second please",
    "what was the invoice number again",
    "how much is it in total",
    "when was that due",
    "let me check with my colleague",
    "i will transfer five thousand on friday by bank transfer",
    "thank you goodbye",
    "i am the accounts payable clerk",
    "the next delivery is on tuesday",
    "my husband says hello",
    "the weather is terrible today",
]


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize("profile", [B2B, AGENCY])
def test_plain_statements_match_nothing(text: str, profile: str) -> None:
    assert [(m.excuse.id, m.score, m.words) for m in CATALOG.recognise(text, profile, 4)] == []


def test_another_stage_is_recognised_a_little_less_readily() -> None:
    (here,) = CATALOG.recognise("is the discount still open", B2B, 3)
    (there,) = CATALOG.recognise("is the discount still open", B2B, 5)
    assert here.excuse.id == there.excuse.id == "early-payment-discount"
    assert there.score < here.score


def test_words_that_speak_for_one_excuse_do_not_speak_for_a_lesser_one() -> None:
    matches = CATALOG.recognise("i lost my job last month and i cannot pay right now", AGENCY, 4)
    assert [match.excuse.id for match in matches] == ["lost-job", "cash-flow"]


def test_two_excuses_in_one_breath_are_both_heard() -> None:
    matches = CATALOG.recognise("i dispute this invoice the goods were damaged", B2B, 4)
    assert {match.excuse.id for match in matches} == {"dispute-send-proof", "goods-or-service"}


def test_excuses_of_other_debtors_are_not_offered() -> None:
    assert CATALOG.recognise("i lost my job", B2B, 4) == ()


def _mishear(text: str, share: float, rng: random.Random) -> str:
    """Drop, double or distort words, as recognisers do."""
    fillers = ["uh", "the", "and", "a", "you"]
    out: list[str] = []
    for word in text.split():
        if rng.random() >= share:
            out.append(word)
            continue
        kind = rng.randrange(3)
        if kind == 0 and len(word) > 3:
            at = rng.randrange(1, len(word) - 1)
            out.append(word[:at] + rng.choice("aeiou") + word[at + 1 :])
        elif kind == 1:
            out += [rng.choice(fillers), word]
        # else: the word is not heard at all
    return " ".join(out)


def test_one_word_in_seven_misheard_still_finds_most_and_invents_little() -> None:
    rng = random.Random(7)
    found = total = 0
    for text, profile, expected in HEARD:
        for _ in range(5):
            total += 1
            found += expected in {
                m.excuse.id for m in CATALOG.recognise(_mishear(text, 0.15, rng), profile, 4)
            }
    invented = sum(
        bool(CATALOG.recognise(_mishear(text, 0.15, rng), B2B, 4)) for text in PLAIN for _ in range(5)
    )
    assert found / total >= 0.80
    assert invented <= len(PLAIN) * 5 * 0.02


def test_every_cue_finds_its_own_excuse() -> None:
    for excuse in CATALOG.search(""):
        for cue in excuse.cues:
            assert Heard(cue.text).match([cue]).score == pytest.approx(1.0), (excuse.id, cue.text)


def test_an_empty_utterance_is_nothing() -> None:
    assert CATALOG.recognise("", B2B, 4) == ()
    assert CATALOG.recognise("...", B2B, 4) == ()


# ---- loading -------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the packaged scripts to break."""
    target = tmp_path / "scripts"
    shutil.copytree(PACKAGED, target, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return target


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("excuses/refuse.toml", "title =", "titel =", "titel: unknown key; did you mean 'title'?"),
        ("excuses/refuse.toml", 'cause = "willingness"', 'cause = "willing"', "did you mean 'willingness'?"),
        ("excuses/refuse.toml", '"business"', '"busines"', "did you mean 'business'?"),
        ("excuses/refuse.toml", '"REFUSAL"', '"refusal"', "next: 'refusal' must be a code"),
        ("excuses/refuse.toml", "[4, 5, 6]", "[4, 5, 7]", "stages: must hold numbers from 1 to 6"),
        (
            "excuses/refuse.toml",
            '"i am not paying"',
            '"I am not paying"',
            "must be two or more words",
        ),
        ("excuses/refuse.toml", '"i am not paying"', '"refuse"', "must be two or more words"),
        ("excuses/refuse.toml", '"i am not paying"', "5", "cues: must hold texts, and holds 5"),
        ("excuses/refuse.toml", "rank = 17", "rank = 'x'", "rank: must be a whole number"),
        ("excuses/refuse.toml", "probe =", "prob =", "prob: unknown key; did you mean 'probe'?"),
        ("excuses/refuse.toml", "I hear you.", "I hear {{ you }}.", "line 1: unknown field 'you'"),
        ("excuses/refuse.toml", "[[replies]]", "[[replies]]\ndebtor = 'consumr'", "did you mean 'consumer'?"),
        ("excuses/refuse.toml", "[[replies]]", "[[replies]]\nstages = [5]", "no reply for a"),
        ("excuses/refuse.toml", "[[replies]]", "[[replies]]\nstage = [5]", "did you mean 'stages'?"),
        ("excuses/refuse.toml", "title", "= title", "cannot be read"),
        (
            "talk.toml",
            'debtor = "business"',
            'debtor = "firm"',
            "b2b-first-party.debtor: must be",
        ),
        ("talk.toml", 'id = "opening"', 'id = "Opening"', "steps[0].id: 'Opening' must be lower-case"),
        ("talk.toml", 'id = "verification"', 'id = "opening"', "two steps have the same id"),
        ("talk.toml", "talk/business/opening.j2", "talk/business/openin.j2", "cannot be read"),
        ("talk.toml", "talk/business/opening.j2", "../secret.j2", "must be a template such as"),
        (
            "talk.toml",
            "talk/business/question.j2",
            "talk/business/purpose.j2",
            "no step of talk.toml names",
        ),
        ("talk.toml", 'when = "at the end"', 'wen = "at the end"', "did you mean 'when'?"),
        ("talk.toml", "voicemail =", "voicmail =", "did you mean 'voicemail'?"),
        ("talk/business/closing.j2", "", "", ""),
        (
            "talk/common/closing.j2",
            "{{ callback_number }}",
            "{{ call_back_number }}",
            "line 2: unknown field",
        ),
        ("vocabulary.toml", "[callback_number]", "[callbak_number]", "did you mean 'callbak_number'?"),
    ],
)
def test_a_broken_file_names_file_place_and_remedy(
    folder: Path, name: str, old: str, new: str, message: str
) -> None:
    path = folder / name
    if not old:
        path.write_text("Goodbye.")
        message = f"{name}: no step of talk.toml names this template"
    else:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
    with pytest.raises(ScriptFileError) as caught:
        Catalog.load(folder)
    assert message in str(caught.value)


def test_replies_must_be_tables(folder: Path) -> None:
    path = folder / "excuses/refuse.toml"
    head = path.read_text().partition("[[replies]]")[0]
    path.write_text(f"{head}replies = [1]\n")
    with pytest.raises(ScriptFileError, match=r"refuse\.toml: replies\[0\]: must be a table"):
        Catalog.load(folder)
