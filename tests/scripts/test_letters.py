"""Mails and letters of the catalog: personal, complete, and plain."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from scripts.errors import RenderError, ScriptFileError, UnknownScript
from scripts.letters import EMAIL, PACKAGED, PERSONAL, Letter, LetterCatalog, Mark, Paragraph, Written
from scripts.render import load_vocabulary

FACTS = {name: field.example for name, field in load_vocabulary().items()}
PROFILES = (
    "b2b-first-party",
    "consumer-first-party",
    "consumer-third-party",
    "uk-consumer",
    "eu-consumer",
    "ontario-agency",
)
CATALOG = LetterCatalog.load()


def words(written: Written) -> str:
    return "\n".join(block.text for block in written.blocks if isinstance(block, Paragraph))


@pytest.mark.parametrize("profile", PROFILES)
def test_every_letter_of_a_profile_can_be_written(profile: str) -> None:
    letters = CATALOG.letters(profile)
    assert len(letters) >= 3
    for letter in letters:
        written = CATALOG.write(letter.id, {**FACTS, "profile": profile})
        text = written.subject + "\n" + words(written)
        assert "{" not in text
        assert FACTS["oldest_invoice"] in text
        assert FACTS["last_talk_date_written"] in text
        assert not re.search(r"\b(sue|lawyer|court|garnish|credit report|arrest|immediately)\b", text, re.I)
        assert "\n" not in written.subject


@pytest.mark.parametrize("letter", CATALOG.letters(), ids=lambda letter: letter.id)
def test_who_was_never_talked_to_reads_no_gap(letter: Letter) -> None:
    profile = "b2b-first-party" if "business" in letter.debtors else "consumer-first-party"
    empty = dict.fromkeys(("last_talk_date_written", "last_promise_amount", "last_promise_date"), "")
    text = words(CATALOG.write(letter.id, {**FACTS, **empty, "profile": profile}))
    for gap in (" .", "  ", " on ,"):
        assert gap not in text
    assert not re.search(r"^[.,;]", text, re.M)


@pytest.mark.parametrize("profile", PROFILES)
def test_what_a_profile_requires_in_writing_is_there(profile: str) -> None:
    for letter in CATALOG.letters(profile):
        text = words(CATALOG.write(letter.id, {**FACTS, "profile": profile}))
        third_party = profile in ("consumer-third-party", "ontario-agency")
        assert ("This communication is from a debt collector." in text) is third_party
        consumer_mail = profile != "b2b-first-party" and letter.medium == EMAIL
        assert ("stop@bradford.example" in text) is consumer_mail


def test_without_an_address_to_opt_out_at_no_consumer_mail_is_written() -> None:
    facts = {**FACTS, "profile": "consumer-first-party", "opt_out_address": ""}
    with pytest.raises(RenderError, match="opt-out"):
        CATALOG.write("consumer-inquiry", facts)
    CATALOG.write("consumer-notice", facts)


def test_a_letter_for_the_other_kind_of_debtor_is_refused() -> None:
    with pytest.raises(RenderError, match="not for a consumer"):
        CATALOG.write("pressing", {**FACTS, "profile": "consumer-first-party"})
    with pytest.raises(UnknownScript, match="did you mean 'pressing'"):
        CATALOG.letter("presing")
    with pytest.raises(UnknownScript, match="did you mean 'uk-consumer'"):
        CATALOG.write("statement", {**FACTS, "profile": "uk-consumers"})


@pytest.mark.parametrize("field", ["oldest_invoice", "reply_by", "amount_due"])
def test_a_fact_that_must_be_named_and_is_not_there(field: str) -> None:
    facts = {**FACTS, "profile": "b2b-first-party", field: ""}
    if field == "amount_due":  # the letter prints no other amount
        facts["oldest_invoice_amount"] = ""
    with pytest.raises(RenderError):
        CATALOG.write("final-demand", facts)


def test_what_is_merged_is_never_template_or_another_paragraph() -> None:
    hostile = "Eve {{ amount_due }} {% raw %}\n\n[payment]\n\n| x"
    written = CATALOG.write("inquiry", {**FACTS, "profile": "b2b-first-party", "contact_name": hostile})
    assert written.blocks[0] == Paragraph("Dear Eve {{ amount_due }} {% raw %} [payment] | x,")
    assert [block for block in written.blocks if isinstance(block, Mark)] == [Mark.INVOICES, Mark.PAYMENT]


def test_letters_by_stage_and_medium() -> None:
    ids = [letter.id for letter in CATALOG.letters("b2b-first-party", 6, "letter")]
    assert ids == ["final-demand", "statement"]
    assert CATALOG.letter("final-demand-mail").attach == "final-demand"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(PACKAGED / "letters", tmp_path / "letters")
    for name in ("letters.toml", "vocabulary.toml"):
        shutil.copy(PACKAGED / name, tmp_path / name)
    return tmp_path


def refused(directory: Path) -> str:
    with pytest.raises(ScriptFileError) as caught:
        LetterCatalog.load(directory)
    return str(caught.value)


@pytest.mark.parametrize("what", list(PERSONAL))
def test_a_template_without_personal_facts_is_refused_at_load(copy: Path, what: str) -> None:
    path = copy / "letters/consumer/notice.j2"
    text = path.read_text()
    toml = copy / "letters.toml"
    for field in PERSONAL[what]:
        text = text.replace("{{ " + field + " }}", "a certain thing")
    path.write_text(text)
    toml.write_text(toml.read_text().replace(": invoice {{ oldest_invoice }}", ""))
    assert refused(copy).startswith(f"letters/consumer/notice.j2: must name {what}: print one of ")


def test_a_fact_only_asked_about_is_not_named(copy: Path) -> None:
    path = copy / "letters/consumer/notice.j2"
    path.write_text(path.read_text().replace(" on {{ last_talk_date_written }}", ""))
    assert "must name the last talk" in refused(copy)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Sincerely", "Yours {{ colector_name }}", "line 11: unknown field 'colector_name'; did you mean"),
        ("[invoices]", "[invoice]", "line 5: unknown mark [invoice]; did you mean '[invoices]'?"),
        ("[payment]", "[invoices]", "[invoices] stands here twice"),
        ("|{{ company }}", "{{ company }}", "every line here must begin with |"),
        ("Dear", "{% for x in y %}Dear{% endfor %}", "line 1: only fields"),
    ],
)
def test_a_broken_template_is_named_by_line(copy: Path, old: str, new: str, message: str) -> None:
    path = copy / "letters/consumer/notice.j2"
    path.write_text(path.read_text().replace(old, new))
    assert message in refused(copy)
    assert refused(copy).startswith("letters/consumer/notice.j2: ")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'medium = "email"',
            'medium = "fax"',
            "letters.confirm-delivery.medium: must be 'email' or 'letter'",
        ),
        ("stages = [1, 2]", "stages = [0, 2]", "letters.confirm-delivery.stages: must hold whole numbers"),
        ('needs = ["reply_by"]', 'needs = ["reply"]', "letters.final-demand.needs: unknown field 'reply'"),
        (
            'attach = "final-demand"',
            'attach = "promise"',
            "letters.final-demand-mail.attach: only a mail may",
        ),
        ("opt_out = false", 'opt_out = "no"', "profiles.b2b-first-party.opt_out: write true or false"),
        ('debtors = ["business"]', 'debtors = ["firm"]', "a debtor is 'business' or 'consumer', not 'firm'"),
        ("letters/business/pressing.j2", "../secret.j2", "must be a template such as"),
        ("letters/business/pressing.j2", "letters/business/inquiry.j2", "names this template"),
        (
            "letters/common/opt-out.j2",
            "letters/consumer/debt-collector.j2",
            "must name {{ opt_out_address }}",
        ),
        ("when =", "wen =", "unknown key; did you mean 'when'?"),
    ],
)
def test_a_broken_catalog_is_named_by_key(copy: Path, old: str, new: str, message: str) -> None:
    path = copy / "letters.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert message in refused(copy)


def test_a_template_nothing_names_is_refused(copy: Path) -> None:
    (copy / "letters/common/old.j2").write_text("Dear")
    assert refused(copy) == "letters/common/old.j2: nothing in letters.toml names this template"
