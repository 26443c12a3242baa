"""What every answer tells browsers, caches and proxies, whoever gave it."""

import re

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from chassis.testing import ClientFactory

pytestmark = pytest.mark.django_db

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ANSWERS = [
    ("/livez", 200, "application/json"),
    ("/api/v1/parcels", 401, "application/problem+json"),
    ("/api/v1/parcels?a=%00", 400, "application/problem+json"),
    ("/nowhere", 404, "application/problem+json"),
    ("/api/schema/", 200, "application/vnd.oai.openapi"),
    ("/static/rest_framework/css/default.css", 200, "text/css"),
    ("/admin/", 302, "text/html"),
    ("/admin/login/", 200, "text/html"),
    ("/login/", 200, "text/html"),
    ("/api/docs/", 200, "text/html"),
]


@pytest.mark.parametrize(("path", "status", "kind"), ANSWERS)
def test_every_answer_has_the_headers(anonymous: APIClient, path: str, status: int, kind: str) -> None:
    answer = anonymous.get(path)
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (status, kind)
    assert {name: answer.get(name) for name in EVERYWHERE} == EVERYWHERE
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert ("script-src 'self';" in policy) == (kind == "text/html")
    assert ("Permissions-Policy" in answer) == (kind == "text/html")
    assert "Access-Control-Allow-Origin" not in answer
    assert ("no-store" in answer["Cache-Control"]) == (not path.startswith("/static/"))


def test_scripts_are_never_inline(anonymous: APIClient, client_for: ClientFactory) -> None:
    for path in ("/admin/login/", "/login/", "/api/docs/"):
        _only_scripts_in_files(anonymous.get(path).content.decode())
    page = client_for().get("/api/v1/parcels", headers={"accept": "text/html"})
    assert page.content.count(b"<script") > 3
    _only_scripts_in_files(page.content.decode())


def _only_scripts_in_files(page: str) -> None:
    tags = [tag.partition(">")[0] for tag in page.split("<script")[1:]]
    assert [tag for tag in tags if "src=" not in tag and 'type="application/json"' not in tag] == []
    assert [source for source in re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', page) if source[0] != "/"] == []


def test_answers_about_somebody_are_kept_by_nobody(client_for: ClientFactory) -> None:
    assert client_for().get("/api/v1/parcels")["Cache-Control"] == "no-store"


def test_pictures_may_come_from_where_media_lie(settings: Settings) -> None:
    settings.MEDIA_URL = "https://pictures.test/media/"
    assert "img-src 'self' data: https://pictures.test;" in APIClient().get("/login/")["Content-Security-Policy"]


def test_only_https_is_told_to_stay_https(anonymous: APIClient, settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 3600
    settings.SECURE_PROXY_SSL_HEADER = None
    told = "max-age=3600; includeSubDomains; preload"
    assert APIClient().get("/livez", secure=True)["Strict-Transport-Security"] == told
    forged = {"X-Forwarded-Proto": "https"}
    assert "Strict-Transport-Security" not in APIClient().get("/livez", headers=forged)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert APIClient().get("/livez", headers=forged)["Strict-Transport-Security"] == told


def test_pages_are_sent_to_https_and_programs_are_not(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert APIClient().get("/login/").status_code == 301
    assert [APIClient().get(path).status_code for path in ("/livez", "/readyz", "/api/v1/parcels")] == [200, 200, 401]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "10.0.0.1, 198.51.100.7", "198.51.100.7"),
        (2, "10.0.0.1, 198.51.100.7,203.0.113.9", "198.51.100.7"),
        (2, "198.51.100.7", "192.0.2.1"),
    ],
)
def test_an_address_is_believed_as_far_as_our_proxies_wrote_it(
    settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    seen = APIClient().get("/livez", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded}).wsgi_request
    assert seen.META["REMOTE_ADDR"] == address


def test_a_host_of_another_name_is_refused(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["shop.test"]
    answers = [APIClient().get("/livez", headers={"host": host}).status_code for host in ("shop.test", "evil.test")]
    assert answers == [200, 400]


def test_cookies_of_pages_are_for_pages_only(anonymous: APIClient) -> None:
    cookie = anonymous.get("/login/").cookies["chassis_csrf"]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")
