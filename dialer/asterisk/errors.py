"""What can go wrong with the private Asterisk.

::

    AsteriskError
    ├── InstallError        no usable Asterisk here, and none could be fetched
    ├── SettingsError       a setting, a home directory or a saved instance that cannot be used
    ├── StartError          Asterisk did not come up; the message quotes its log
    └── NotRunning          a command for an instance that is down
"""


class AsteriskError(Exception):
    """Root of everything this package raises."""


class InstallError(AsteriskError):
    """No usable Asterisk on this machine and none could be fetched; the message says how to get one."""


class SettingsError(AsteriskError):
    """A setting, a home directory or a saved instance that cannot be used; names what and where."""


class StartError(AsteriskError):
    """Asterisk exited or did not answer in time; the message quotes the end of its log."""


class NotRunning(AsteriskError):
    """The instance is down."""
