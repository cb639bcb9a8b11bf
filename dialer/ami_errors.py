"""What can go wrong with Asterisk's manager interface (AMI); raised and re-exported by `dialer.ami`."""


class AmiError(Exception):
    """Root of every error of the manager interface."""


class AmiUnreachable(AmiError):
    """Nothing that speaks AMI answers at the address; the message says what to look at."""


class AmiLoginRefused(AmiError):
    """Asterisk answers but does not let us in."""


class AmiLost(AmiError):
    """The connection is down, or broke before the answer came."""


class AmiTimeout(AmiError):
    """No answer in time."""


class AmiRefused(AmiError):
    """Asterisk answered with an error; its text is the message."""


class AmiUnsafe(AmiError):
    """The action would not reach Asterisk as meant, or must not be sent; nothing was sent."""
