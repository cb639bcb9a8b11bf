import re
import socket
import threading

from .action import Action

class AMIClient:
    asterisk_start_regex: re.Pattern[str]
    encoding: str
    encoding_errors: str
    finished: threading.Event | None
    _address: str
    _port: int
    _timeout: float | None
    _buffer_size: int
    _socket: socket.socket | None
    _thread: threading.Thread | None
    _ami_version: str | None
    def __init__(
        self,
        address: str = ...,
        port: int = ...,
        encoding: str = ...,
        encoding_errors: str = ...,
        timeout: float | None = ...,
        buffer_size: int = ...,
    ) -> None: ...
    def next_action_id(self) -> str: ...
    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def send(self, pack: Action) -> None: ...
    def listen(self) -> None: ...
