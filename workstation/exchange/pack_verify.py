"""Check this evidence pack: python3 verify.py [PACK.zip]. Needs Python 3.8 or later and nothing else.

Beside the files, or given the zip, it works out every SHA-256 of the manifest again; that each line of the
audit log that concerns the call has the digest it claims, over its text and the digest of the line before;
that the decision and every row of the review are those the log vouches for; and that recordings, words and
findings are those the committed review was bound to. What was changed since is named; a redaction explains a
change where the log holds one. What it cannot see: lines of the log between those here. The book's own
"dunline audit verify" walks them all.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any


def sha(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


class Folder:
    """A pack that was unpacked."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def names(self) -> list[str]:
        """Every file, with slashes."""
        return [p.relative_to(self.path).as_posix() for p in self.path.rglob("*") if p.is_file()]

    def read(self, name: str) -> bytes:
        """A file's content."""
        if name not in self.names():  # nothing outside the folder, whatever the manifest says
            raise KeyError(name)
        return self.path.joinpath(*name.split("/")).read_bytes()


class Zip:
    """A pack as it was written."""

    def __init__(self, path: str) -> None:
        self.file = zipfile.ZipFile(path)

    def names(self) -> list[str]:
        """Every file."""
        return self.file.namelist()

    def read(self, name: str) -> bytes:
        """A file's content."""
        return self.file.read(name)


def lines(pack: Any, name: str) -> list[dict[str, Any]]:
    """The records of a file with one JSON value a line."""
    return [json.loads(line) for line in pack.read(name).decode("utf-8").split("\n") if line]


def check(pack: Any) -> tuple[list[str], list[str], dict[str, int]]:
    """Return what is wrong, what was changed since the review, and how much was checked."""
    manifest = json.loads(pack.read("manifest.json").decode("utf-8"))
    wrong = check_files(pack, manifest)
    if wrong:
        return wrong, [], {}
    counts = {"files": len(manifest["sha256"])}
    told, redacted = check_log(pack, wrong, counts)
    check_rows(pack, told, wrong, counts)
    since = changed_since(pack, manifest, wrong, counts)
    why = "the log holds a redaction" if redacted else "see dunline audit verify"
    return wrong, [f"{what}: changed since the review ({why})" for what in since], counts


def check_files(pack: Any, manifest: dict[str, Any]) -> list[str]:
    """Hold the files against the manifest."""
    wrong = []
    names = set(pack.names()) - {"manifest.json"}
    for name, digest in sorted(manifest["sha256"].items()):
        if name not in names:
            wrong.append(f"{name} is missing")
        elif sha(pack.read(name)) != digest:
            wrong.append(f"{name} was changed")
    return wrong + [f"{name} is not in the manifest" for name in sorted(names - set(manifest["sha256"]))]


def check_log(pack: Any, wrong: list[str], counts: dict[str, int]) -> tuple[dict[tuple[str, int], str], bool]:
    """Work the log's digests out again; returns what it vouches for, and whether it holds a redaction."""
    told: dict[tuple[str, int], str] = {}
    before: tuple[int, str] | None = None
    decided, redacted = "", False
    counts["log lines"] = counts["links between them"] = 0
    for entry in lines(pack, "audit-log.jsonl"):
        seq, _at, _actor, action, _subject, detail, quoted = json.loads(entry["text"])
        counts["log lines"] += 1
        if sha(entry["text"].encode("utf-8")) != entry["digest"]:
            wrong.append(f"line {seq} of the audit log was changed")
        if before is not None and before[0] + 1 == seq:
            counts["links between them"] += 1
            if quoted != before[1]:
                wrong.append(f"line {seq} of the audit log does not follow from the line before")
        before = (seq, entry["digest"])
        redacted = redacted or action in ("redacted", "muted")
        if action == "decision":
            decided = detail["digest"]
        elif "row" in detail and "digest" in detail:
            told[action, int(detail["row"])] = detail["digest"]
    if not decided:
        wrong.append("the audit log holds no decision for this call")
    elif sha(pack.read("decision.json")) != decided:
        wrong.append("the decision is not the one the audit log vouches for")
    return told, redacted


def check_rows(pack: Any, told: dict[tuple[str, int], str], wrong: list[str], counts: dict[str, int]) -> None:
    """Hold the rows of the review against what the log vouches for."""
    rows = lines(pack, "rows.jsonl")
    counts["rows of the review"] = len(rows)
    for row in rows:
        name = f"{row['action']} {row['row']}"
        expected = told.pop((row["action"], row["row"]), None)
        if expected is None:
            wrong.append(f"{name} is not in the audit log")
        elif sha(row["text"].encode("utf-8")) != expected:
            wrong.append(f"{name} was changed")
    wrong += [f"{action} {number} is missing" for action, number in sorted(told)]


def changed_since(pack: Any, manifest: dict[str, Any], wrong: list[str], counts: dict[str, int]) -> list[str]:
    """Return what is not as the committed review was bound to it."""
    bound = json.loads(pack.read("bound.json").decode("utf-8"))
    steps = [json.loads(r["text"]) for r in lines(pack, "rows.jsonl") if r["action"] == "review step"]
    committed = [step["detail"] for step in steps if step["act"] == "committed"]
    if (committed[-1] if committed else {}) != bound:
        wrong.append("bound.json is not what the committed review was bound to")
    since = []
    for key, name in (("segments", "segments.jsonl"), ("findings", "found.jsonl")):
        now = {r["id"]: sha(r["text"].encode("utf-8"))[:32] for r in lines(pack, name)}
        then = bound.get(key, now)
        since += [f"{key[:-1]} {n}" for n, digest in then.items() if now.get(n) != digest]
        since += [f"{key[:-1]} {n} was added" for n in sorted(set(now) - set(then))]
    for name, digest in bound.get("files", {}).items():
        inside = manifest["recordings"].get(name)
        if inside is None or manifest["sha256"][inside] != digest:
            since.append(f"recording {name}")
    counts["things the review is bound to"] = sum(
        len(bound.get(key, {})) for key in ("segments", "findings", "files")
    )
    return since


def main(argv: list[str]) -> int:
    """Check the pack given, or the folder this lies in; returns the exit status."""
    pack: Any = Zip(argv[1]) if len(argv) > 1 else Folder(str(Path(__file__).resolve().parent))
    try:
        wrong, since, counts = check(pack)
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        sys.stdout.write(f"This is no whole evidence pack: {error}\n")
        return 1
    for line in wrong:
        sys.stdout.write(f"WRONG    {line}\n")
    for line in since:
        sys.stdout.write(f"CHANGED  {line}\n")
    if wrong:
        return 1
    sys.stdout.write("Verified: " + ", ".join(f"{n} {what}" for what, n in counts.items()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
