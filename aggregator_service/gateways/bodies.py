"""Bodies that are passed on as they came: their owner validates them, and answers for what is wrong with them."""

from typing import Any


class PassedBody:
    """Stands where a generated request model would, for JSON that the caller sent."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def to_dict(self) -> Any:
        return self._data
