# What dialer/ami_wire.py uses of asterisk-ami 0.1.7.
from .action import Action as Action
from .client import AMIClient as AMIClient
