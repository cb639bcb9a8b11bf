"""Changing one number of a strategy, and saving it as a new version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from workstation.desk.strategy_edit import Setting, Strategies, with_value
from workstation.desk.treatment import StrategyFileError, read_strategy
from workstation.ui import entry, figures
from workstation.ui.forms.base import Form, Slot, Work
from workstation.ui.kit import Row, row


class NumberForm(Form):
    """A number, checked as the file would be; kept on the screen until it is saved."""

    def __init__(self, name: str, text: str, setting: Setting, keep: Callable[[str], None]) -> None:
        self._name, self._text, self._setting, self._keep = name, text, setting, keep
        self.title = f"{name.upper()} · {setting.path} of {setting.name}"
        self.slots = (Slot("value", "value", "" if setting.value is None else str(setting.value)),)
        super().__init__()

    def _read(self) -> str:
        typed = self.values["value"].strip()
        if not typed.lstrip("-").isdigit() or not typed.isascii():
            raise entry.EntryError(f"value: {typed!r} is not a whole number")
        text = with_value(self._text, self._setting, int(typed))
        try:
            read_strategy(text, f"{self._name}.toml")
        except StrategyFileError as wrong:
            raise entry.EntryError(str(wrong)) from None
        return text

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """What it was."""
        self._read()
        was = "the default" if self._setting.value is None else str(self._setting.value)
        return [row((f"was {was}; nothing is in force before it is saved", "dim"))]

    def work(self) -> Work:
        """Keep it on the screen."""
        text = self._read()

        def keep(_now: datetime) -> str:
            self._keep(text)
            return "Changed here. p shows what it would change tonight, s saves it."

        return keep


class SaveForm(Form):
    """A new version from a day on."""

    def __init__(self, name: str, text: str, first: date, strategies: Strategies, user_id: int) -> None:
        self._name, self._text, self._first = name, text, first
        self._strategies, self._user_id = strategies, user_id
        self.title = f"SAVE {name.upper()} AS A NEW VERSION"
        self.slots = (
            Slot("since", "from", f"{first:%a} {first.day} {first:%b}".lower()),
            Slot("reason", "because", span=3),
        )
        super().__init__()

    @property
    def begin(self) -> str:
        """The reason: the day is that of the next run."""
        return "reason"

    def _read(self) -> tuple[date, str]:
        day = entry.day(self.values["since"], self._first)
        reason = self.values["reason"].strip()
        if not reason:
            raise entry.EntryError("because: say why the strategy changes")
        return day, reason

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """From when it holds."""
        day, _ = self._read()
        return [row((f"the run of {figures.weekday(day)} is the first that uses it", "dim"))]

    def work(self) -> Work:
        """Save it."""
        day, reason = self._read()

        def save(now: datetime) -> str:
            self._strategies.save(self._name, self._text, day, reason, self._user_id, now)
            return f"{self._name} saved: it holds from {figures.weekday(day)}."

        return save
