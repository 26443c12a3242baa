"""Types shared by the models and the endpoints."""

from collections.abc import Mapping
from typing import IO, BinaryIO, Generic, Literal, TypeVar

import requests
from attrs import define


class Unset:
    """The type of what is not sent, or was not received; null is None."""

    def __bool__(self) -> Literal[False]:
        return False


UNSET: Unset = Unset()

FileTypes = tuple[str | None, IO[bytes] | bytes | str, str | None]
RequestFiles = list[tuple[str, FileTypes]]


@define
class File:
    """A file to send in a multipart body."""

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """As `requests` takes it in its argument `files`."""
        return self.file_name, self.payload, self.mime_type


T = TypeVar("T")


@define
class Response(Generic[T]):
    """The answer of a service; the names in `headers` have no case.

    `parsed` is None when the status has no body, or is not in the spec. `answer` is what the session gave, whose `json()`
    is what came, unparsed.
    """

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    parsed: T | None
    answer: requests.Response


__all__ = ["UNSET", "File", "FileTypes", "RequestFiles", "Response", "Unset"]
