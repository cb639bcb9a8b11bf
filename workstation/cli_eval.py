"""``dunline eval`` and ``dunline check``: speech rules held against labelled calls, and stored ones."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.clock import clock_from_environment
from workstation.config import Settings, load
from workstation.speech import vosk_engine, whisper_engine

if TYPE_CHECKING:
    from compliance.checks.explain import Hit
    from compliance.checks.rules import Rule
    from compliance.evaluation.heard import HeardCall
    from compliance.evaluation.scoring import Scores
    from compliance.transcription.words import Utterance

Home = Annotated[Path | None, typer.Option("--home", help="Dunline's home (else DUNLINE_HOME).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_PARTS = ("held", "seen", "development", "all")


def add_to(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.command("eval")(evaluate)
    app.command("check")(check)


def evaluate(
    calls: Annotated[
        Path, typer.Argument(exists=True, help="A folder of labelled calls, or a kept evaluation.")
    ],
    part: Annotated[str, typer.Option("--set", help="held, seen, development or all")] = "all",
    floor: Annotated[
        list[str] | None, typer.Option("--floor", help="RULE_OR_GROUP:FIGURE=NUMBER; status 1 if not kept.")
    ] = None,
    slips: Annotated[bool, typer.Option("--slips", help="Print each thing that was got wrong.")] = False,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Write what was heard here, to be judged again.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", help="A folder of speech rules of your own.")
    ] = None,
    whisper: Annotated[
        str, typer.Option("--whisper", help="Hear with the second engine: a model's folder, or package:NAME.")
    ] = "",
    live: Annotated[
        bool, typer.Option("--live", help="Search no harder than while people talk: twice as fast.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print how well hearing and checks do on labelled calls: precision, recall, word error rate, facts."""
    from compliance.checks.rules import load_rules_from, load_speech_rules
    from compliance.evaluation.heard import write_kept
    from compliance.evaluation.scoring import Floor, figures, score
    from scripts.catalog import Catalog
    from workstation.cli import plainly
    from workstation.evaluating import Evaluator, read_calls
    from workstation.progress import Bars

    if part not in _PARTS:
        raise typer.BadParameter(f"--set must be one of {', '.join(_PARTS)}, not {part!r}")
    began = time.monotonic()
    with plainly(), Bars() as bars:
        floors = [Floor.parse(text) for text in floor or ()]
        settings = load(home)
        held_to = load_speech_rules() if rules is None else load_rules_from(rules)
        for wanted in floors:
            wanted.check_name(held_to)
        heard = read_calls(
            calls,
            lambda: whisper_engine(whisper) if whisper else vosk_engine(settings, live=live),
            settings.cache,
            bars,
            part,
        )
        if keep is not None:
            write_kept(keep, heard)
        evaluator = Evaluator(held_to, Catalog.load())
        scores = score(evaluator.judge_all(heard, bars), held_to)
        by_name = figures(scores)
        broken = [why for f in floors if (why := f.broken(by_name))]
    seconds = time.monotonic() - began
    if as_json:
        _print_json(_as_json(scores, by_name, heard, held_to.digest, part, seconds, broken, slips=slips))
    else:
        for line in _table(scores, by_name, heard, seconds, slips=slips):
            typer.echo(line)
        for why in broken:
            typer.echo(f"under its floor: {why}", err=True)
    if broken:
        raise typer.Exit(1)


def _as_json(
    scores: Scores,
    by_name: Mapping[str, Mapping[str, float | None]],
    heard: Sequence[HeardCall],
    rules: str,
    part: str,
    seconds: float,
    broken: Sequence[str],
    *,
    slips: bool,
) -> dict[str, Any]:
    return {
        "set": part,
        "calls": scores.calls,
        "engines": sorted({c.engine for c in heard}),
        "rules": rules,
        "figures": by_name,
        "counts": {name: asdict(tally) for name, tally in (scores.groups | scores.rows).items()},
        "words": {leg.value: asdict(errors) for leg, errors in scores.words.items()},
        "facts": dict(scores.facts),
        "excuses": dict(scores.excuses),
        "seconds": {
            "audio": round(scores.audio_seconds, 1),
            "decoding_cpu": round(scores.decoding_seconds, 1),
            "judging_cpu": round(scores.judging_seconds, 2),
            "this_run": round(seconds, 1),
        },
        "broken_floors": list(broken),
        **({"slips": [asdict(s) for s in scores.slips]} if slips else {}),
    }


def _table(
    scores: Scores,
    by_name: Mapping[str, Mapping[str, float | None]],
    heard: Sequence[HeardCall],
    seconds: float,
    *,
    slips: bool,
) -> Iterator[str]:
    yield (
        f"{'':<42}{'said':>5}{'found':>6}{'recall':>8}{'doubt':>7}{'false':>6}{'precision':>10}"
        f"{'per 100':>8}{'twins':>9}"
    )
    for name, tally in (*scores.groups.items(), *sorted(scores.rows.items())):
        row = by_name[name]
        twins = f"{tally.twins_spared} of {tally.twins}" if tally.twins else ""
        yield (
            f"{name:<42}{tally.expected:>5}{tally.found:>6}{_share(row['recall']):>8}"
            f"{_share(row['inconclusive']):>7}{tally.false:>6}{_share(row['precision']):>10}"
            f"{row['false_per_100'] or 0:>8.1f}{twins:>9}"
        )
        if name == "stop-words":
            yield ""
    yield ""
    for leg, errors in scores.words.items():
        yield (
            f"{leg.value + ' leg':<42}word error rate {_share(errors.rate)} of {errors.said} words"
            f" ({errors.changed} changed, {errors.lost} lost, {errors.added} added)"
        )
    for kind in ("promise", "callback", "email"):
        if scores.facts[kind] or scores.facts[f"{kind}.false"]:
            shown = ", ".join(f"{k} {_share(v)}" for k, v in by_name[kind].items() if k != "false_per_100")
            yield f"{kind:<42}{scores.facts[kind]} labelled: {shown}; {scores.facts[kind + '.false']} false"
    if total := scores.excuses["labelled"]:
        row = by_name["excuse"]
        shown = f"first {_share(row['first'])}, among those offered {_share(row['offered'])}"
        yield f"{'excuse':<42}{total} labelled: {shown}"
    engines = ", ".join(sorted({c.engine for c in heard}))
    rate = scores.decoding_seconds / scores.audio_seconds if scores.audio_seconds else 0.0
    yield (
        f"{scores.calls} calls, {scores.audio_seconds / 60:.0f} minutes of audio by {engines}: "
        f"{rate:.2f} CPU seconds a second of audio to decode, {scores.judging_seconds:.1f} s to judge all;"
        f" this run {seconds:.1f} s"
    )
    if slips:
        yield ""
        for s in scores.slips:
            at = "" if s.second is None else f" at {s.second:.1f} s"
            yield f"{s.call}: {s.row}: {s.what}{at}{f': {s.words!r}' if s.words else ''}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}%"


# ---- check ---------------------------------------------------------------------------------------------


def check(
    call_id: Annotated[str, typer.Argument(help="A call of the book; without one, every call.")] = "",
    rule: Annotated[str, typer.Option("--rule", help="Only this rule, or a rule file of your own.")] = "",
    phrase: Annotated[
        str, typer.Option("--phrase", help="Try this phrase in place of the rule's own phrases.")
    ] = "",
    leg: Annotated[str, typer.Option(help="Leg of a phrase without a rule: agent or debtor.")] = "agent",
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what is like it too, and why it does not count.")
    ] = False,
    labelled: Annotated[
        Path | None,
        typer.Option(exists=True, help="Labelled calls, or a kept evaluation, in place of the book's calls."),
    ] = None,
    part: Annotated[
        str, typer.Option("--set", help="Of labelled calls: held, seen, development or all")
    ] = "all",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Hold stored transcripts against the speech rules, or one rule or phrase against every call."""
    from workstation import bootstrap, headless
    from workstation.cli import plainly

    with plainly():
        settings = load(home)
        if not rule and not phrase:
            if not call_id:
                raise typer.BadParameter("name a call, or a rule (--rule) or phrase (--phrase) to try on all")
            book = bootstrap.open_book(settings)
            headless.check(book, settings, call_id, clock_from_environment(), as_json=as_json)
            return
        tried = _rule(rule, phrase, leg)
        calls = (
            _stored(settings, call_id) if labelled is None else _labelled(settings, labelled, part, call_id)
        )
        hits = [(call, hit) for call in calls for hit in call.hits(tried) if explain or not hit.silenced]
    if as_json:
        _print_json([{"call": c.id, **asdict(h), "start": h.start} for c, h in hits])
        return
    for c, h in hits:
        words = " ".join(w.text for w in h.words)
        why = f"  ({h.silenced})" if h.silenced else ""
        typer.echo(
            f"{c.id}  {h.start:6.1f} s  {h.leg.value:<6}  score {h.score:.2f}  "
            f"confidence {h.confidence:.2f}  "
            f"{words!r}  like {h.phrase!r}{why}"
        )
    counted = sum(not h.silenced for _, h in hits)
    silent = f", {len(hits) - counted} places that are like it do not" if explain else ""
    typer.echo(f"{tried.id}: {counted} places count in {len({c.id for c, _ in hits})} calls{silent}")


@dataclass(frozen=True, slots=True)
class _Call:
    """A call to try a rule on."""

    id: str
    heard: Sequence[Utterance]
    names: Mapping[str, Sequence[str]]

    def hits(self, rule: Rule) -> Sequence[Hit]:
        from compliance.checks.explain import explain

        return explain(rule, self.heard, self.names)


def _stored(settings: Settings, call_id: str) -> Iterator[_Call]:
    from compliance.checks.names import names_of_call
    from workstation import bootstrap

    book = bootstrap.open_book(settings)
    for one in [call_id] if call_id else book.calls_with_words():
        call = book.call(one)
        names = names_of_call(
            party=call.party_name, collector=call.collector_name, company=settings.company.name
        )
        yield _Call(one, book.utterances(one), names)


def _labelled(settings: Settings, place: Path, part: str, call_id: str) -> Iterator[_Call]:
    from compliance.checks.names import names_of_call
    from workstation.evaluating import read_calls
    from workstation.progress import Bars

    if part not in _PARTS:
        raise typer.BadParameter(f"--set must be one of {', '.join(_PARTS)}, not {part!r}")
    with Bars() as bars:
        found = read_calls(place, lambda: vosk_engine(settings), settings.cache, bars, part)
    for c in found:
        if call_id in ("", c.label.id):
            label = c.label
            names = names_of_call(party=label.party, collector=label.collector, company=label.company)
            yield _Call(label.id, [u for x in c.legs.values() for u in x.utterances], names)


def _rule(rule: str, phrase: str, leg: str) -> Rule:
    """The rule to try: a shipped one, a file's, or one around a phrase. Raises RuleError, PhraseError."""
    from dataclasses import replace

    from compliance.checks.finding import FindingKind, Severity
    from compliance.checks.phrase import parse_phrase
    from compliance.checks.rules import NAMES, Rule, RuleError, load_speech_rules, read_rule
    from compliance.rulefile import nearest
    from compliance.transcription.words import Leg

    phrases = ((parse_phrase(phrase, NAMES),),) if phrase else ()
    if not rule:
        try:
            on = Leg(leg)
        except ValueError:
            raise typer.BadParameter(f"--leg must be agent or debtor, not {leg!r}") from None
        kind = FindingKind.FORBIDDEN if on is Leg.AGENT else FindingKind.CUE
        return Rule(
            repr(phrase),
            phrase,
            kind,
            on,
            Severity.INFO,
            "",
            verified=False,
            effective=date.min,
            elements=phrases,
        )
    if rule.endswith(".toml"):
        try:
            found = read_rule(Path(rule).read_text(encoding="utf-8"), rule)
        except OSError as wrong:
            raise RuleError(f"{rule}: cannot be read: {wrong.strerror}") from None
    else:
        rules = load_speech_rules()
        try:
            found = rules[rule]
        except KeyError:
            hint = nearest(rule, [r.id for r in rules.rules])
            raise RuleError(f"there is no speech rule {rule!r}; {hint}") from None
    return replace(found, elements=phrases, answer=None, by_example=None) if phrase else found


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))
