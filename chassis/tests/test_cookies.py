"""Who brings no cookie to the API has no session, and is answered in the language they ask for all the same."""

import pytest
from django.conf import settings
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db

OF_COOKIES = ("session", "_messages")


@pytest.mark.parametrize(
    ("path", "cookies", "has_session"),
    [
        ("/api/v1/parcels", {}, False),
        ("/api/v1/parcels", {"anything": "x"}, True),
        ("/login/", {}, True),
        ("/admin/login/", {}, True),
    ],
)
def test_only_a_request_of_a_browser_has_a_session(
    anonymous: APIClient, path: str, cookies: dict[str, str], has_session: bool
) -> None:
    for name, value in cookies.items():
        anonymous.cookies[name] = value
    request = anonymous.get(path).wsgi_request
    assert [hasattr(request, name) for name in OF_COOKIES] == [has_session] * len(OF_COOKIES)


def test_a_session_cookie_that_is_none_opens_nothing(anonymous: APIClient) -> None:
    anonymous.cookies[settings.SESSION_COOKIE_NAME] = "made-up"
    assert anonymous.get("/api/v1/parcels").status_code == 401


@pytest.mark.parametrize(
    ("asked", "cookie", "language"),
    [
        ("fr-CH, en;q=0.5", None, "fr"),
        ("de", None, "en"),
        ("", None, "en"),
        ("en", "fr", "fr"),
    ],
)
def test_the_answer_is_in_the_language_that_was_asked_for(
    anonymous: APIClient, asked: str, cookie: str | None, language: str
) -> None:
    if cookie is not None:
        anonymous.cookies[settings.LANGUAGE_COOKIE_NAME] = cookie
    answer = anonymous.get("/api/v1/parcels", headers={"accept-language": asked})
    assert answer["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]
    assert ("authentif" in answer.json()["detail"].lower()) == (language == "fr")
