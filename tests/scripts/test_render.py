"""Filling texts: strict, sandboxed, and what comes from outside stays data."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.errors import RenderError, ScriptFileError
from scripts.render import Field, Renderer, load_vocabulary

FIELDS = {name: Field(name, "meaning", "example") for name in ("contact_name", "amount_due", "company")}


@pytest.fixture
def renderer() -> Renderer:
    return Renderer(FIELDS)


def test_fields_are_filled_and_lines_become_one_paragraph(renderer: Renderer) -> None:
    text = renderer.check(
        "Hello {{ contact_name }}.\n{% if amount_due %}\nIt is {{ amount_due }}.\n{% endif %}\n", "t.j2"
    )
    assert (
        renderer.fill(text, {"contact_name": "Jordan", "amount_due": "5.00 USD"})
        == "Hello Jordan. It is 5.00 USD."
    )
    assert renderer.fill(text, {"contact_name": "Jordan", "amount_due": ""}) == "Hello Jordan."


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ company }}",
        "{% for x in range(9) %}",
        "<b>&amp;</b>",
        "[bold]x[/bold]",
        "{# hidden #}",
        "$(reboot)",
    ],
)
def test_text_from_outside_is_never_a_template_and_never_escaped(renderer: Renderer, hostile: str) -> None:
    text = renderer.check("Hello {{ contact_name }}.", "t.j2")
    assert renderer.fill(text, {"contact_name": hostile, "company": "SECRET"}) == f"Hello {hostile}."


def test_control_characters_and_direction_marks_are_taken_out(renderer: Renderer) -> None:
    text = renderer.check("Hello {{ contact_name }}.", "t.j2")
    assert renderer.fill(text, {"contact_name": "A\r\nB\x1b[2J\u202eC\u2028D\x00"}) == "Hello A B [2J C D."


def test_a_missing_field_names_text_and_field(renderer: Renderer) -> None:
    text = renderer.check("Hello {{ contact_name }}.", "talk/x.j2")
    with pytest.raises(RenderError, match=r"talk/x\.j2: 'contact_name' is undefined"):
        renderer.fill(text, {})


def test_a_value_that_is_no_text_is_refused(renderer: Renderer) -> None:
    text = renderer.check("Hello {{ contact_name }}.", "talk/x.j2")
    with pytest.raises(RenderError, match="must be text, not int"):
        renderer.fill(text, {"contact_name": 5})  # type: ignore[dict-item]  # that is the mistake under test


def test_text_without_fields_needs_no_engine(renderer: Renderer) -> None:
    assert renderer.fill(renderer.check(" Goodbye. \n", "t.j2"), {}) == "Goodbye."


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("one\n{{ contct_name }}", "t.j2: line 2: unknown field 'contct_name'; did you mean 'contact_name'?"),
        ("{{ zzz }}", "t.j2: line 1: unknown field 'zzz'; valid: amount_due, company, contact_name"),
        ("one\ntwo {% if company %}", "t.j2: line 2: Unexpected end of template"),
        ("{{ company", "t.j2: line 1: unexpected end of template"),
        ("{{ company.__class__ }}", "t.j2: line 1: only fields"),
        ("{{ company['x'] }}", "t.j2: line 1: only fields"),
        ("a\n{{ range(3) }}", "t.j2: line 2: only fields"),
        ("{% include 'x.j2' %}", "t.j2: line 1: only fields"),
        ("{% import 'x.j2' as company %}", "t.j2: line 1: only fields"),
        ("{{ company | nofilter }}", "t.j2: line 1: no filter 'nofilter'"),
    ],
)
def test_a_broken_template_names_file_line_and_remedy(renderer: Renderer, source: str, message: str) -> None:
    with pytest.raises(ScriptFileError) as caught:
        renderer.check(source, "t.j2")
    assert str(caught.value).startswith(message)


def test_the_vocabulary_is_whole() -> None:
    fields = load_vocabulary()
    assert 20 <= len(fields) <= 60
    assert fields["amount_due"].example == "8,420.00 USD"
    assert fields["amount_due_spoken"].example == "8,420 dollars"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a]\nmeaning = 'm'\n", "v.toml: a: write meaning and example"),
        ("[a]\nmeaning = 'm'\nexample = ''\n", "v.toml: a: meaning and example must be texts"),
        ("a = 1\n", "v.toml: a: write meaning"),
        ("[a\n", "v.toml: cannot be read"),
    ],
)
def test_a_broken_vocabulary(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "v.toml"
    path.write_text(text)
    with pytest.raises(ScriptFileError) as caught:
        load_vocabulary(path)
    assert str(caught.value).startswith(message)
