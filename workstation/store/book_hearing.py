"""Words heard again, and the search over all words, on SqlBook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from compliance.checks.finding import Finding
from compliance.transcription.words import Utterance
from workstation.desk.book import Gap
from workstation.desk.hearing import HeardAgain
from workstation.desk.talk_search import Hit, TalkSearch
from workstation.store import again, talk_search
from workstation.store.engine import Database


class HearingBook:
    """Part of SqlBook: implements AgainBook, and searches what was said."""

    database: Database

    def calls_to_hear_again(self) -> tuple[str, ...]:
        """See AgainBook."""
        with self.database.read() as session:
            return again.calls_to_hear_again(session)

    def begin_hearing(self, call_id: str) -> int:
        """See AgainBook."""
        with self.database.write() as session:
            return again.begin_hearing(session, call_id)

    def unbegin_hearing(self, call_id: str) -> None:
        """See AgainBook."""
        with self.database.write() as session:
            again.unbegin_hearing(session, call_id)

    def hear_again(self, call_id: str, heard: HeardAgain, now: datetime) -> bool:
        """See AgainBook."""
        with self.database.write() as session:
            return again.hear_again(session, call_id, heard, now)

    def cut_out(self, call_id: str) -> tuple[Gap, ...]:
        """See AgainBook."""
        with self.database.read() as session:
            return again.cut_out(session, call_id)

    def numbered_findings(self, call_id: str) -> tuple[tuple[int, Finding], ...]:
        """See AgainBook."""
        with self.database.read() as session:
            return again.numbered_findings(session, call_id)

    def first_heard(self, call_id: str) -> tuple[Utterance, ...]:
        """Return the words as they were first heard, live or to fill a gap, in order of time."""
        with self.database.read() as session:
            return again.first_heard(session, call_id)

    def superseded_findings(self, call_id: str) -> tuple[Finding, ...]:
        """Return the findings that the words heard again did not bear out."""
        with self.database.read() as session:
            return again.superseded_findings(session, call_id)

    def how_heard(self, call_id: str) -> tuple[str, Mapping[str, str], datetime] | None:
        """Return with what a call was heard again, what became of each leg, and when; None: it was not."""
        with self.database.read() as session:
            return again.how_heard(session, call_id)

    def search_talk(self, wanted: TalkSearch) -> tuple[Hit, ...]:
        """Find what was said, newest first. Raises InvalidEntry, NotFound."""
        with self.database.read() as session:
            return talk_search.search(session, wanted)
