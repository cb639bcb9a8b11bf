"""Names as nobody should have them, and somebody does."""

HOSTILE = (
    "Smith [/b] & [VIP] [link=x]",
    "[@click=app.quit]Quit[/]",
    "\x1b[31mred\x1b]0;owned\x07",
    "Bob\u2028Uniqueid: spoofed\r\nAction: Originate",
    "\u202egnp.exe\u202c rtl \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "株式会社ハーロー工具 有限",
    "🦄🔥👩‍👩‍👧‍👦 Emoji & Söhne",
    "Z̸̢̛̗̞͓̈́͆a̷̧̛͙l̶̢̛g̸o",
    "x" * 500,
    "{{ 7*7 }} {% raw %} ${HOME} $(id)",
    "\x00\x07\x08nul\x7f",
    "",
)
