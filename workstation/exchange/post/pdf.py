"""Letters as PDF: address window, invoice list with totals per currency, how to pay, page numbers.

The font is embedded, so that names are printed as they are written. A sign the font does not have is printed
as a replacement sign rather than left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib import resources

from fpdf import FPDF
from fpdf.enums import MethodReturnValue, TableBordersLayout, TableHeadingsDisplay, XPos, YPos
from fpdf.fonts import FontFace, TTFFont

from scripts.letters import Mark, Paragraph
from workstation.desk.post import LetterFacts, LetterLine
from workstation.exchange.post.compose import Content, late_text, quoting, totals, written_day
from workstation.exchange.post.settings import PostSettings

_FONT = "Letter"
_FILES = {"": "SourceSansPro-Regular.ttf", "B": "SourceSansPro-Bold.ttf"}
_LEFT = 22.0
_RIGHT = 20.0
_WINDOW_TOP = 47.0
"""Millimetres from the top edge: inside the window of DL and of No. 10 envelopes, folded in three."""
_BODY_TOP = 88.0
_BODY = 10.5
_SMALL = 8.0
_LINE = 5.2
_SIGNATURE = 13.0
"""Millimetres left free for a signature by hand."""
_INFO = 58.0
"""Width of the block of date, account and contact, right of the address."""
_ORDER = 1
"""The column of the customers' own order numbers, left out where nobody gave any."""
_PAGES = "\u2007"
"""Stands for the number of pages until that is known: as wide as a figure, so that the line ends true."""
_INK = (30, 30, 30)
_ACCENT = (38, 70, 110)
_FAINT = (110, 110, 110)


def letter_pdf(content: Content, facts: LetterFacts, settings: PostSettings, now: datetime) -> bytes:
    """Return the letter as PDF. The same words at the same instant give the same bytes."""
    page = _Page(facts, settings, now)
    page.head(content.written.subject, content.written.letter.title)
    blocks = content.written.blocks
    closing = next((b for b in reversed(blocks) if isinstance(b, Paragraph) and not b.small), None)
    for block, following in zip(blocks, (*blocks[1:], None), strict=True):
        if block is Mark.INVOICES:
            page.invoices(content.lines)
        elif block is Mark.PAYMENT:
            page.payment(content)
        elif isinstance(block, Paragraph):
            page.paragraph(block, following, signed=block is closing and "\n" in block.text)
    try:
        return bytes(page.output())
    finally:
        _close_fonts(page)


def printable(text: str) -> str:
    """Return the text with signs that the font does not have replaced by one that says so."""
    known = _signs()
    stand_in = "\ufffd" if 0xFFFD in known else "?"
    return "".join(sign if ord(sign) in known or sign == "\n" else stand_in for sign in text)


@cache
def _signs() -> frozenset[int]:
    probe = FPDF()
    with resources.as_file(_font_file("")) as path:
        probe.add_font(_FONT, "", path)
    font = next(iter(probe.fonts.values()))
    signs = frozenset(font.cmap) if isinstance(font, TTFFont) else frozenset()
    _close_fonts(probe)
    return signs


def _close_fonts(pdf: FPDF) -> None:
    """Close the font files, which fpdf2 leaves open."""
    for font in pdf.fonts.values():
        if isinstance(font, TTFFont):
            font.ttfont.close()


def _font_file(style: str) -> resources.abc.Traversable:
    return resources.files("font_source_sans_pro").joinpath("files", _FILES[style])


class _Page(FPDF):
    """The sheet, with its foot on every page."""

    def __init__(self, facts: LetterFacts, settings: PostSettings, now: datetime) -> None:
        super().__init__(
            orientation="portrait", unit="mm", format="A4" if settings.page == "a4" else "Letter"
        )
        self._facts = facts
        self._letterhead = tuple(printable(line) for line in settings.letterhead)
        self._company = printable(facts.company or settings.sender_name)
        for style in _FILES:
            with resources.as_file(_font_file(style)) as path:
                self.add_font(_FONT, style, path)
        self.set_creation_date(now)
        self.set_lang("en")
        self.set_margins(_LEFT, 18, _RIGHT)
        self.c_margin = 0
        self.set_auto_page_break(True, margin=20)
        self.alias_nb_pages(_PAGES)
        self.set_text_color(*_INK)
        self.add_page()

    def footer(self) -> None:
        """Print who writes, about which account, and the page's number."""
        self.set_y(-16)
        self.set_font(_FONT, "", _SMALL)
        self.set_text_color(*_FAINT)
        self.set_draw_color(200, 200, 200)
        self.line(_LEFT, self.get_y() - 1.5, self.w - _RIGHT, self.get_y() - 1.5)
        left = " · ".join([self._company, f"account {printable(self._facts.account_number)}"])
        self.cell(0, 4, left, new_x=XPos.LMARGIN, new_y=YPos.TOP)
        self.cell(0, 4, f"Page {self.page_no()} of {_PAGES}", align="R")
        self.set_text_color(*_INK)

    def head(self, subject: str, title: str) -> None:
        """Print letterhead, address, date and subject."""
        self.set_title(printable(subject))
        self.set_subject(title)
        self.set_author(self._company)
        self.set_xy(_LEFT, 15)
        self.set_font(_FONT, "B", 17)
        self.set_text_color(*_ACCENT)
        self._line_of(self._company, 8)
        self.set_font(_FONT, "", _SMALL + 0.5)
        self.set_text_color(*_FAINT)
        self._line_of(" · ".join(self._letterhead), 4)
        self.set_draw_color(*_ACCENT)
        self.set_line_width(0.5)
        self.line(_LEFT, self.get_y() + 2, self.w - _RIGHT, self.get_y() + 2)
        self.set_line_width(0.2)
        self.set_xy(_LEFT, _WINDOW_TOP)
        self.set_font(_FONT, "", 7)
        self._line_of(" · ".join([self._company, *self._letterhead[:2]]), 4)
        self.set_text_color(*_INK)
        self.set_font(_FONT, "", _BODY)
        facts = self._facts
        names = [facts.debtor] if facts.debtor == facts.recipient else [facts.debtor, facts.recipient]
        for line in (*names, *facts.address):
            self.set_x(_LEFT)
            self.cell(85, 5, printable(line), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        below = self.get_y()
        self._information()
        self.set_y(max(below + 3, self.get_y() + 3, _BODY_TOP))
        self.set_font(_FONT, "B", _BODY + 1.5)
        self.multi_cell(0, 6, printable(subject), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(3)

    def _information(self) -> None:
        """Print date, account, and whom to ask, right of the address."""
        facts, today = self._facts, self._facts.today
        rows = (
            ("Date", f"{today:%B} {today.day}, {today.year}"),
            ("Account", facts.account_number),
            ("Contact", facts.fields.get("collector_name", "")),
            ("Telephone", facts.fields.get("callback_number", "")),
        )
        left = self.w - _RIGHT - _INFO
        self.set_y(_WINDOW_TOP + 4)
        for name, value in rows:
            if not value:
                continue
            self.set_x(left)
            self.set_font(_FONT, "", _SMALL + 0.5)
            self.set_text_color(*_FAINT)
            self.cell(20, 5, name)
            self.set_font(_FONT, "", _BODY)
            self.set_text_color(*_INK)
            self.cell(_INFO - 20, 5, printable(value), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def paragraph(
        self, block: Paragraph, following: Paragraph | Mark | None = None, *, signed: bool = False
    ) -> None:
        """Print words; a block of lines stays on one page, and with the words before it.

        `signed`: room for a signature is left below its first line.
        """
        self.set_font(_FONT, "", _SMALL + 0.5 if block.small else _BODY)
        height = 4.0 if block.small else _LINE
        if block.small:
            self.set_text_color(*_FAINT)
        text = printable(block.text)
        if not block.small and self.will_page_break(self._kept_together(text, following)):
            self.add_page()
        if signed:
            greeting, _, text = text.partition("\n")
            self._line_of(greeting, height)
            self.ln(_SIGNATURE)
        self.multi_cell(0, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_text_color(*_INK)
        self.ln(2.6)

    def invoices(self, lines: Sequence[LetterLine]) -> None:
        """Print the open invoices, the head repeated on every page, and one total a currency."""
        if not lines:
            return
        self.set_font(_FONT, "", 9.5)
        disputed = any(line.disputed.minor for line in lines)
        headings = ["Invoice", "Your order", "Date", "Due", "Late", "Amount", "Open"]
        widths = [26, 26, 22, 22, 18, 27, 27]
        ordered = any(line.po_number for line in lines)
        kept = [at for at in range(len(headings)) if ordered or at != _ORDER]
        self.set_draw_color(170, 170, 170)
        with self.table(
            col_widths=[widths[at] for at in kept],
            text_align=["RIGHT" if at >= len(headings) - 2 else "LEFT" for at in kept],
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            line_height=5.4,
            padding=(0.5, 1),
            width=self.epw,
            align="LEFT",
            headings_style=FontFace(emphasis="BOLD", fill_color=(240, 240, 240)),
            repeat_headings=TableHeadingsDisplay.ON_TOP_OF_EVERY_PAGE,
        ) as table:
            table.row([headings[at] for at in kept])
            for line in lines:
                cells = [
                    printable(line.number) + (" *" if line.disputed.minor else ""),
                    printable(line.po_number),
                    written_day(line.issued),
                    written_day(line.due),
                    late_text(line),
                    str(line.amount),
                    str(line.open),
                ]
                table.row([cells[at] for at in kept])
            for total in totals([line.open for line in lines]):
                row = table.row(style=FontFace(emphasis="BOLD"))
                row.cell("Total", colspan=len(kept) - 1)
                row.cell(str(total))
        self.ln(1.5)
        if disputed:
            parts = ", ".join(str(total) for total in totals([line.disputed for line in lines]))
            note = f"* In dispute: {parts} of this is not asked for until the dispute is settled."
            self.paragraph(Paragraph(note, small=True))
        self.ln(2)

    def payment(self, content: Content) -> None:
        """Print how to pay: links that can be clicked, and the bank details, in a box of their own."""
        links = [p for p in content.payable if p.url]
        if not links and not content.bank:
            return
        if self.will_page_break(8 + 10 * len(links) + _LINE * (len(content.bank) + 1)):
            self.add_page()
        top = self.get_y()
        self.set_y(top + 2)
        self.set_font(_FONT, "B", _BODY)
        self._indented("How to pay")
        for payable in links:
            self.set_font(_FONT, "", _BODY)
            amount = payable.line.open - payable.line.disputed
            self._indented(f"Invoice {payable.line.number}, {amount}:")
            self.set_font(_FONT, "", 9)
            self.set_x(_LEFT + 4)
            self.multi_cell(
                self.w - _LEFT - _RIGHT - 8,
                4.6,
                printable(payable.url),
                align="L",
                link=payable.url,
                new_x=XPos.LMARGIN,
                new_y=YPos.NEXT,
            )
        self.set_font(_FONT, "", _BODY)
        if content.bank:
            lead = "Or by bank transfer" if links else "By bank transfer"
            self._indented(f"{lead}, quoting {quoting(content.lines)}:")
        for name, value in content.bank:
            self.set_x(_LEFT + 4)
            self.cell(32, _LINE, printable(name), new_x=XPos.RIGHT, new_y=YPos.TOP)
            self.cell(0, _LINE, printable(value), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        bottom = self.get_y() + 2
        if bottom > top:  # the box is left out where it would go over a page's end
            self.set_draw_color(170, 170, 170)
            self.rect(_LEFT, top, self.w - _LEFT - _RIGHT, bottom - top)
        self.set_y(bottom)
        self.ln(4)

    def _kept_together(self, text: str, following: Paragraph | Mark | None) -> float:
        """Return how much room a paragraph needs so that no signature stands alone on a page."""
        signed = isinstance(following, Paragraph) and "\n" in following.text
        if "\n" not in text and not signed:
            return _LINE
        lines = self.multi_cell(0, _LINE, text, align="L", dry_run=True, output=MethodReturnValue.LINES)
        needed = _LINE * (len(lines) if isinstance(lines, list) else 1)
        if isinstance(following, Paragraph) and signed:
            needed += 2.6 + _LINE * (following.text.count("\n") + 1) + _SIGNATURE
        return needed

    def _indented(self, text: str) -> None:
        self.set_x(_LEFT + 4)
        self.cell(0, _LINE, printable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _line_of(self, text: str, height: float) -> None:
        self.set_x(_LEFT)
        self.cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
