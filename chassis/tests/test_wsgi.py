"""What reaches the WSGI application before any middleware."""

from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from chassis.wsgi import get_wsgi_application


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "charset", ["base64", "zlib", "rot13", "bz2", "undefined", "no-such-charset", "utf-16", "\x00"]
)
def test_a_charset_that_is_none_is_refused_whatever_python_calls_so(charset: str) -> None:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/livez",
        "QUERY_STRING": "a=b",
        "CONTENT_TYPE": f"application/json; charset={charset}",
    }
    setup_testing_defaults(environ)
    answers: list[str] = []

    def start_response(status: str, *_rest: object) -> Any:
        answers.append(status)

    body = b"".join(get_wsgi_application()(environ, start_response))
    assert answers == ["415 Unsupported Media Type"]
    assert b"charset_not_supported" in body
