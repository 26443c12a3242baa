"""What every answer of the real processes says to browsers, how much they read, and how long they wait."""

import socket
import time
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest
import requests

from local.services import SERVICES
from tests.shop import Api, Shop

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Server": "gunicorn",
}
PAGES = ["/admin/login/", "/login/", "/api/docs/", "/api/v1/"]
DATA = [
    "/livez",
    "/readyz",
    "/nothing",
    "/livez?a=%00",
    "/api/v1/nothing",
    "/api/schema/",
    "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css",
    "/static/nothing.css",
    "/favicon.ico",
    "/livez?" + "x" * 5_000,
]
SLOW = 40
"""More than the threads of all processes of a service."""
HEAD_SECONDS, BODY_SECONDS = 10.0, 20.0
LATE = 8.0


@pytest.mark.parametrize("service", [service.name for service in SERVICES])
def test_every_answer_of_every_service_has_the_headers(shop: Shop, service: str) -> None:
    api = shop.api(service)
    for path in [*PAGES, *DATA]:
        accept = "text/html" if path in PAGES else "*/*"
        answer = api.call("GET", path[1:], headers={"Accept": accept}, allow_redirects=False)
        assert (path in PAGES) <= answer.headers["Content-Type"].startswith("text/html")
        _has_the_headers(answer)
    _has_the_headers(api.call("POST", "livez", data=b"x" * 1_100_000))


def _has_the_headers(answer: requests.Response) -> None:
    said = answer.headers
    page = said["Content-Type"].startswith("text/html")
    where = (answer.url[:80], answer.status_code)
    assert {name: said.get(name) for name in EVERYWHERE} == EVERYWHERE, where
    assert said["Content-Security-Policy"].startswith("default-src 'none'; "), where
    assert ("script-src 'self'; " in said["Content-Security-Policy"]) == page, where
    assert ("Permissions-Policy" in said) == page, where
    assert ("no-store" in said["Cache-Control"]) == (not said["Content-Type"].startswith("text/css")), where


def test_pictures_have_the_headers_too(shop: Shop) -> None:
    products = shop.anonymous.expect("GET", "/products?ordering=-price&page_size=100", 200)["results"]
    picture = next(product["image"] for product in products if product["image"])
    answer = shop.api("inventory").call("GET", urlsplit(picture).path[1:], headers={"Accept": "*/*"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert answer.headers["Cache-Control"] == "public, max-age=86400"


def test_answers_with_tokens_or_about_somebody_are_kept_by_nobody(shop: Shop) -> None:
    buyer = shop.buyer()
    body = {"email": buyer.email, "password": buyer.login.password}
    answers = [
        shop.anonymous.call("POST", "/auth/token", json=body),
        shop.anonymous.call("POST", "/carts"),
        buyer.api.call("GET", "/accounts/me"),
        buyer.api.call("GET", "/addresses"),
        buyer.api.call("GET", "/orders"),
    ]
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * len(answers)


def test_a_body_is_refused_before_it_is_sent(shop: Shop) -> None:
    for header, status in (("Content-Length: 5000000000", b"413"), ("Transfer-Encoding: chunked", b"400")):
        with closing(_connect(shop.anonymous)) as client:
            client.sendall(
                f"POST /api/v1/carts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"{header}\r\n\r\n".encode()
            )
            answer = client.recv(65536)
        assert answer.split(b" ")[1] == status, answer
        assert b"application/problem+json" in answer


def _connect(api: Api) -> socket.socket:
    place = urlsplit(api.base)
    assert place.hostname is not None
    return socket.create_connection((place.hostname, place.port or 80), timeout=30)


def test_slow_clients_keep_nobody_waiting_and_are_cut_off(shop: Shop) -> None:
    """At the aggregator and at a service: headers, a byte a second, and a body that does not go on."""
    heads = b"GET /api/v1/products HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    body = b"POST /api/v1/carts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{"
    apis = [shop.anonymous, shop.api("inventory")]
    with ExitStack() as stack:
        started = time.monotonic()
        crowd: dict[socket.socket, float] = {}
        for api in apis:
            for begin, seconds in ((heads, HEAD_SECONDS), (body, BODY_SECONDS)):
                for _ in range(SLOW // 2):
                    client = stack.enter_context(closing(_connect(api)))
                    client.sendall(begin)
                    client.settimeout(0.001)
                    crowd[client] = seconds
        ended: dict[socket.socket, float] = {}
        while len(ended) < len(crowd) and time.monotonic() < started + BODY_SECONDS + LATE:
            for client in crowd.keys() - ended.keys():
                if _is_cut_off(client):
                    ended[client] = time.monotonic() - started
            for api in apis:
                asked = time.monotonic()
                api.expect("GET", "/products?page_size=1", 200)
                assert time.monotonic() - asked < 5.0
            time.sleep(0.5)
    assert ended.keys() == crowd.keys()
    early = [(crowd[client], after) for client, after in ended.items() if after < crowd[client] - 1]
    late = [(crowd[client], after) for client, after in ended.items() if after > crowd[client] + LATE]
    assert (early, late) == ([], [])


def _is_cut_off(client: socket.socket) -> bool:
    try:
        client.sendall(b"X")
        return client.recv(100) == b""
    except TimeoutError:
        return False
    except OSError:
        return True
