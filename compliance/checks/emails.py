"""E-mail addresses as they are read aloud: "billing at harlow tool dot com"."""

from __future__ import annotations

from collections.abc import Sequence

from compliance.checks.finding import Caught, CaughtKind
from compliance.checks.match import Token, text_of
from compliance.checks.wordlist import numbered, word_set
from compliance.transcription.words import Leg

_DOMAIN_ENDS = word_set("com net org co us io biz info edu gov uk")
_MAIL_STOPS = word_set("is to it at address email mail emails e my our the on send use its")
_MAIL_JOINS = {
    "dot": ".",
    "got": ".",
    "period": ".",
    "point": ".",
    "underscore": "_",
    "dash": "-",
    "hyphen": "-",
}
_PROVIDERS = word_set("gmail outlook hotmail yahoo icloud aol")
_AT_HEARD_AS = frozenset({"a", "it", "add", "and"})
"""What recognisers write for "at"; trusted only before a mail provider's name."""
_DIGITS = {w: str(n) for w, n in numbered("zero one two three four five six seven eight nine").items()}


def read_emails(leg: Leg, tokens: Sequence[Token]) -> list[Caught]:
    """Return the addresses spelt out in an utterance; what is heard is always for a person to check."""
    words = [t.text for t in tokens]
    out: list[Caught] = []
    for at in range(1, len(words) - 2):
        sign = words[at] == "at" or (words[at] in _AT_HEARD_AS and words[at + 1] in _PROVIDERS)
        if not sign or words[at - 1] in _MAIL_STOPS or words[at + 1] in _MAIL_STOPS:
            continue
        domain = _domain(words, at + 1)
        if domain is None:
            continue
        host, end = domain
        first, local = _local(words, at)
        if not local:
            continue
        spelt = tokens[first:end]
        confidence = sum(t.word.confidence for t in spelt) / len(spelt)
        # Letters are lost easily in speech.
        value = f"{local}@{host}"
        out.append(
            Caught(
                CaughtKind.EMAIL,
                leg,
                spelt[0].word.start,
                text_of(spelt),
                round(confidence * 0.8, 3),
                value=value,
            )
        )
    return out


def _local(words: Sequence[str], at: int) -> tuple[int, str]:
    """Read the part before "at" backwards: names, letters, digits, up to a word that cannot belong to it."""
    first, joined = at, ""
    plain = 0
    while first > 0 and at - first < 8:
        word = words[first - 1]
        if word in _MAIL_STOPS:
            break
        if word in _MAIL_JOINS:
            plain = 0
            joined = _MAIL_JOINS[word] + joined
        else:
            plain += 1
            if plain > 2 and len(word) > 1:
                break
            joined = _DIGITS.get(word, word) + joined
        first -= 1
    return first, joined.strip("._-")


def _domain(words: Sequence[str], at: int) -> tuple[str, int] | None:
    """Read a domain that begins at word `at`: host name, and the index after it."""
    host = ""
    for n in range(at, min(at + 8, len(words))):
        word = words[n]
        if word in _MAIL_JOINS and n + 1 < len(words) and host:
            if _MAIL_JOINS[word] == "." and words[n + 1] in _DOMAIN_ENDS:
                host, end = f"{host}.{words[n + 1]}", n + 2
                while end + 1 < len(words) and words[end] == "dot" and words[end + 1] in _DOMAIN_ENDS:
                    host, end = f"{host}.{words[end + 1]}", end + 2
                return host, end
            host += _MAIL_JOINS[word]
        else:
            host += _DIGITS.get(word, word)
    return None
