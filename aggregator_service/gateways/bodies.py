"""Bodies that are passed on as they came: their owner validates them, and answers for what is wrong with them."""

from typing import Any


class _PassedBody:
    """Stands where a generated request model would."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def to_dict(self) -> Any:
        return self._data


def passed_body(data: Any) -> Any:
    """Return JSON as a generated operation takes it, whatever its request model."""
    return _PassedBody(data)
