class Action:
    name: str
    keys: dict[str, str]
    variables: dict[str, str]
    def __init__(
        self, name: str, keys: dict[str, str] | None = None, variables: dict[str, str] | None = None
    ) -> None: ...
