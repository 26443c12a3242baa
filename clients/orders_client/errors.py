"""What a call can raise besides the exceptions of `requests`."""

from collections.abc import Mapping


class MalformedResponse(ValueError):
    """The service answered, with a body that is not what its spec promises for that status.

    Not JSON, a field missing or of another type, an enum value that this client doesn't know yet. The
    service may have done what it was asked. `__cause__` says what was wrong.
    """

    def __init__(self, *, status_code: int, content: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(f"malformed body in an answer with status {status_code}")
        self.status_code = status_code
        self.content = content
        self.headers = headers
