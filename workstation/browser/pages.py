"""The two pages: sign in, and the terminal. Nothing on them comes from another host."""

from __future__ import annotations

from html import escape
from string import Template

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; media-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy. The terminal's library writes style elements of its own, hence 'unsafe-inline'."""

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/css/xterm.css">
<link rel="stylesheet" href="/own/page.css">
"""

_SIGN_IN = Template(
    _HEAD
    + """</head>
<body class="sign-in">
<main>
<h1>DUNLINE</h1>
<p class="where">$company</p>
<form method="post" action="/sign-in">
<label for="username">User</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" required autofocus
 value="$username">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<label for="code">Code</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code"
 placeholder="only where one is set up">
<label for="extension">Phone</label>
<input id="extension" name="extension" inputmode="numeric" placeholder="extension; empty: your own">
<button type="submit">Sign in</button>
</form>
<p class="message" role="alert">$message</p>
</main>
</body>
</html>
"""
)

_TERMINAL = Template(
    _HEAD
    + """<script src="/static/js/textual.js"></script>
<script src="/own/page.js" defer></script>
</head>
<body>
<div class="dialog-container intro-dialog"><p>Opening the workstation …</p></div>
<div class="dialog-container closed-dialog"><p>The workstation has ended. A call that was up goes on.</p>
<p><a href="/">Open it again</a> · <a href="/sign-out">Sign out</a></p></div>
<div id="terminal" class="textual-terminal" data-session-websocket-url="$socket" data-font-size="$size"></div>
</body>
</html>
"""
)

JS = """
// Keys go to the workstation as soon as it is there, and again when the window is entered.
const focus = () => document.querySelector(".xterm-helper-textarea")?.focus();
new MutationObserver(focus).observe(document.body, { attributes: true, attributeFilter: ["class"] });
window.addEventListener("focus", focus);
"""

CSS = """
@font-face { font-family: "Roboto Mono"; src: url("/static/fonts/RobotoMono-VariableFont_wght.ttf"); }
@font-face { font-family: "Roboto Mono"; font-style: italic;
  src: url("/static/fonts/RobotoMono-Italic-VariableFont_wght.ttf"); }
html, body { height: 100%; margin: 0; background: #10141a; color: #d8dee9;
  font-family: "Roboto Mono", ui-monospace, monospace; }
.textual-terminal { width: 100vw; height: 100vh; opacity: 0; }
body.-first-byte .textual-terminal { opacity: 1; }
.dialog-container { position: absolute; inset: 0; display: flex; flex-direction: column;
  align-items: center; justify-content: center; z-index: 10; background: #10141a; }
body.-first-byte .intro-dialog, .closed-dialog { display: none; }
body.-closed .closed-dialog { display: flex; }
a { color: #88c0d0; }
.sign-in { display: flex; align-items: center; justify-content: center; }
.sign-in main { width: 25rem; max-width: 92vw; }
h1 { letter-spacing: .35em; font-size: 1.4rem; font-weight: 600; margin: 0; }
.where { color: #8892a2; margin: .2rem 0 2rem; }
form { display: grid; grid-template-columns: 7rem 1fr; gap: .7rem .8rem; align-items: center; }
label { color: #8892a2; }
input { font: inherit; color: inherit; background: #1b212b; border: 1px solid #2c3543; padding: .5rem .6rem; }
input:focus { outline: 2px solid #88c0d0; outline-offset: 0; }
button { grid-column: 2; font: inherit; padding: .55rem; color: #10141a; background: #88c0d0; border: 0;
  cursor: pointer; }
button:focus { outline: 2px solid #eceff4; }
.message { min-height: 1.5rem; color: #ebcb8b; }
"""


def sign_in(company: str, message: str = "", username: str = "") -> str:
    """Return the sign-in page; `message` says why it is shown again."""
    return _SIGN_IN.substitute(
        title="Dunline · sign in", company=escape(company), message=escape(message), username=escape(username)
    )


def terminal(socket_url: str, size: int) -> str:
    """Return the page with the terminal; `size` is the font's, in pixels."""
    return _TERMINAL.substitute(title="Dunline", socket=escape(socket_url), size=size)
