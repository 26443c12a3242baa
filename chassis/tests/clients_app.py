"""A WSGI application that says how much it was given, for tests of what stands in front of any application."""

from collections.abc import Iterable
from typing import Any

LARGE = 4_000_000


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/large":
        body = b"x" * LARGE
    elif int(environ.get("CONTENT_LENGTH") or 0) > 2_000_000 or "HTTP_TRANSFER_ENCODING" in environ:
        body = b"unread"  # as chassis.limits does
    else:
        body = str(len(environ["wsgi.input"].read())).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
