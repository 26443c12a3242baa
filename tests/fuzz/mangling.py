"""What no generator makes of a spec: broken bytes, wrong headers, digits that are none. Most requests go unmangled."""

import re
from collections.abc import Callable

from requests import PreparedRequest

Mangler = Callable[[PreparedRequest], None]


def nothing(request: PreparedRequest) -> None:
    """Leave the request as it was drawn."""


def body(change: Callable[[bytes], bytes]) -> Mangler:
    def mangle(request: PreparedRequest) -> None:
        if isinstance(request.body, bytes):
            request.body = change(request.body)
            request.headers["Content-Length"] = str(len(request.body))

    return mangle


def header(name: str, value: str | bytes) -> Mangler:
    def mangle(request: PreparedRequest) -> None:
        request.headers[name] = value  # type: ignore[assignment]

    return mangle


def query(text: str) -> Mangler:
    def mangle(request: PreparedRequest) -> None:
        assert request.url is not None
        request.url += ("&" if "?" in request.url else "?") + text

    return mangle


def twice(request: PreparedRequest) -> None:
    assert request.url is not None
    _path, mark, asked = request.url.partition("?")
    if mark:
        request.url += f"&{asked}"


TEXT = re.compile(rb'"(?=\s*[,}\]])')
"""Where a text, or the name of a member, ends."""


def in_texts(inserted: bytes) -> Mangler:
    return body(lambda content: TEXT.sub(lambda _match: inserted + b'"', content))


def numbers(replacement: bytes) -> Mangler:
    return body(lambda content: re.sub(rb"(?<=:) ?-?\d+(?=[,}])", lambda _match: b" " + replacement, content))


MANGLERS: dict[str, Mangler] = {
    "": nothing,
    "cut off": body(lambda content: content[: len(content) // 2]),
    "not UTF-8": in_texts(b"\xff\xfe"),
    "half a surrogate pair": in_texts(rb"\ud800"),
    "NUL": in_texts(rb"\u0000"),
    "huge numbers": numbers(b"9" * 400),
    "NaN": numbers(b"NaN"),
    "an infinite number": numbers(b"1e999"),
    "a whole fraction": numbers(b"1.0"),
    "no type": header("Content-Type", ""),
    "a type that does not exist": header("Content-Type", "/;;="),
    "another charset": header("Content-Type", "application/json; charset=utf-16"),
    "a charset that is no encoding of text": header("Content-Type", "application/json; charset=zlib"),
    "a form": header("Content-Type", "application/x-www-form-urlencoded"),
    "a form with files": header("Content-Type", "multipart/form-data; boundary=x"),
    "a form without boundary": header("Content-Type", "multipart/form-data"),
    "XML wanted": header("Accept", "application/xml"),
    "nonsense wanted": header("Accept", ";;,*/;q=x"),
    "a language that does not exist": header("Accept-Language", "xx-" + "y" * 200),
    "a key that is no key": header("Idempotency-Key", "not a key"),
    "a key that is not ASCII": header("Idempotency-Key", "clé".encode()),
    "a long key": header("Idempotency-Key", "k" * 300),
    "an If-Match that is none": header("If-Match", 'W/"'),
    "any If-Match": header("If-Match", "*"),
    "a request id that is none": header("X-Request-ID", "a b\t\xe9"),
    "a client address that is none": header("X-Client-Address", "999.1.1.1, ::1%eth0"),
    "another method named": header("X-HTTP-Method-Override", "DELETE"),
    "no token": header("Authorization", "Bearer"),
    "a token that is none": header("Authorization", b"Bearer \xff.\xfe.\xfd"),
    "all twice": twice,
    "a cursor that is none": query("cursor=-1"),
    "a cursor of nonsense": query("cursor=WzAsWyItaWQiXSxbIlx1MDAwMCJdXQ"),
    "digits that are none": query("page_size=%D9%A1%D9%A2"),
    "NUL asked for": query("q=%00"),
    "half a character asked for": query("q=%C3%28&search=%ED%A0%80"),
}
DRAWN = [*MANGLERS, *[""] * len(MANGLERS)]
"""Every other request goes unmangled."""
