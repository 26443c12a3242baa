"""Every refusal, whoever makes it, is a problem; a browser gets a page."""

import uuid
from typing import Any

import pytest
from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
)
from django.db import DataError, OperationalError, connection
from django.http import Http404, UnreadablePostError
from django.test import Client
from pytest_django import Settings
from rest_framework import exceptions, serializers
from rest_framework.test import APIClient

from chassis.errors import DomainError, UnavailableError
from chassis.exception_handler import problem_response
from chassis.identity.models import User
from chassis.testing import ClientFactory, make_token
from tests.parcels.models import Parcel
from tests.parcels.views import ParcelViewSet

pytestmark = pytest.mark.django_db
URL = "/api/v1/parcels"
MEMBERS = {"type", "title", "status", "code", "detail", "errors", "request_id"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def _is_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert set(body) >= MEMBERS
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/problems/{code}")
    assert body["request_id"] == answer["X-Request-ID"]
    return body


@pytest.fixture
def quiet() -> APIClient:
    """A signed-in client that gets 500s as answers, as a real one would."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token()}")
    return client


class NoStampsError(DomainError):
    code = "no_stamps"
    status = 409
    message = "No stamps are left."


class UnknownSenderError(DomainError):
    code = "unknown_sender"
    status = 401


@pytest.mark.parametrize(
    ("exc", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (RequestDataTooBig(), 413, "too_large"),
        (TooManyFieldsSent(), 400, "bad_request"),
        (DisallowedHost(), 400, "bad_request"),
        (BadRequest(), 400, "bad_request"),
        (UnreadablePostError(), 400, "bad_request"),
        (OperationalError(), 503, "temporarily_unavailable"),
        (DataError(), 400, "invalid"),
        (exceptions.Throttled(wait=1.2), 429, "throttled"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.UnsupportedMediaType("a/b"), 415, "unsupported_media_type"),
        (exceptions.AuthenticationFailed({"detail": "x", "code": "y"}), 401, "authentication_failed"),
        (NoStampsError(), 409, "no_stamps"),
        (UnknownSenderError(), 401, "unknown_sender"),
        (UnavailableError(), 503, "temporarily_unavailable"),
    ],
    ids=repr,
)
def test_what_is_raised_becomes_its_problem(
    quiet: APIClient, monkeypatch: pytest.MonkeyPatch, exc: Exception, status: int, code: str
) -> None:
    def fail(*_args: object) -> None:
        raise exc

    monkeypatch.setattr(ParcelViewSet, "get_queryset", fail)
    answer = quiet.get(URL)
    _is_problem(answer, status, code)
    assert ("Retry-After" in answer) == (status in {429, 503})
    assert ("WWW-Authenticate" in answer) == (status == 401)


def test_a_defect_is_recorded_and_tells_nothing(
    quiet: APIClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object) -> None:
        raise KeyError("a detail of ours")

    monkeypatch.setattr(ParcelViewSet, "get_queryset", fail)
    answer = quiet.get(URL)
    _is_problem(answer, 500, "internal_error")
    assert b"a detail of ours" not in answer.content
    assert [record.exc_info is not None for record in caplog.records if record.name == "django.request"] == [True]


def test_data_of_an_error_comes_beside_the_standard_members() -> None:
    answer = problem_response(NoStampsError(data={"left": 0, "status": "x"}, field="stamps", retry_after=9))
    assert answer is not None
    assert answer.data["left"] == 0
    assert answer.data["status"] == 409
    assert answer.data["errors"] == [{"field": "stamps", "code": "no_stamps", "message": "No stamps are left."}]
    assert answer.headers["Retry-After"] == "9"


class LineSerializer(serializers.Serializer[Any]):
    message = serializers.CharField(max_length=2)
    code = serializers.IntegerField()


class LetterSerializer(serializers.Serializer[Any]):
    lines = LineSerializer(many=True)
    tags = serializers.ListField(child=serializers.CharField(max_length=1))
    message = serializers.CharField(max_length=2)

    def validate(self, attrs: Any) -> Any:
        raise serializers.ValidationError("never so", code="never")


def _errors(data: Any, **options: Any) -> list[tuple[str, str]]:
    serializer = LetterSerializer(data=data, **options)
    assert not serializer.is_valid()
    answer = problem_response(exceptions.ValidationError(vars(serializer)["_errors"]))
    assert answer is not None
    return sorted((error["field"], error["code"]) for error in answer.data["errors"])


def test_errors_name_fields_by_their_path() -> None:
    lines = [{"message": "ok", "code": 1}, {"message": "long", "code": "x"}, {}]
    assert _errors({"lines": lines, "tags": ["a", "bb"], "message": "long"}) == [
        ("lines.1.code", "invalid"),
        ("lines.1.message", "max_length"),
        ("lines.2.code", "required"),
        ("lines.2.message", "required"),
        ("message", "max_length"),
        ("tags.1", "max_length"),
    ]
    whole = {"lines": lines[:1], "tags": [], "message": "ok"}
    assert _errors(whole) == [("", "never")]
    assert _errors([whole, {**whole, "message": "long"}], many=True) == [("0", "never"), ("1.message", "max_length")]
    assert _errors("text") == [("", "invalid")]


def test_a_format_nobody_speaks_is_a_406(quiet: APIClient) -> None:
    _is_problem(quiet.get(URL, headers={"accept": "application/xml"}), 406, "not_acceptable")
    _is_problem(quiet.get(f"{URL}?format=xml"), 404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "MADEUP"])
def test_a_method_not_offered_is_a_405(quiet: APIClient, method: str) -> None:
    answer = quiet.generic(method, URL)
    _is_problem(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_head_and_options_are_answered(quiet: APIClient, anonymous: APIClient) -> None:
    head = quiet.head(URL)
    assert (head.status_code, head.content) == (200, b"")
    options = quiet.options(URL)
    assert (options.status_code, options["Allow"]) == (200, "GET, POST, HEAD, OPTIONS")
    _is_problem(anonymous.options(URL), 401, "not_authenticated")
    assert anonymous.head("/api/v1/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=\xe9", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: nonsense\r\n\r\na\r\n--x--"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--x--',
        ),
        ("application/x-www-form-urlencoded", b"name=%00"),
        ("application/x-www-form-urlencoded", b"weight=%FF"),
        ("application/json", b"null"),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"name": "a", "weight": NaN}'),
        ("application/json", b'{"name": "a", "weight": 1' + b"0" * 5000 + b"}"),
    ],
)
def test_a_body_that_makes_no_sense_is_a_400(quiet: APIClient, content_type: str, body: bytes) -> None:
    answer = quiet.generic("POST", URL, body, content_type=content_type)  # type: ignore[arg-type]
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert Parcel.objects.count() == 0


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "idna", "no-such-charset"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_charset_other_than_utf8_is_a_415(quiet: APIClient, charset: str, method: str) -> None:
    answer = quiet.generic(method, f"{URL}?a=b", '{"name": "a"}', content_type=f"application/json; charset={charset}")
    _is_problem(answer, 415, "charset_not_supported")
    assert Parcel.objects.count() == 0


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", '"utf-8"', "us-ascii"])
def test_utf8_by_any_name_is_understood(quiet: APIClient, charset: str) -> None:
    body = '{"name": "a"}'
    assert quiet.generic("POST", URL, body, content_type=f"application/json; charset={charset}").status_code == 201


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"],
)
def test_a_body_too_large_is_a_413_and_not_read(quiet: APIClient, settings: Settings, content_type: str) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = settings.UPLOAD_MAX_SIZE = 1000
    answer = quiet.generic("POST", URL, '{"name": "a", "weight": ' + " " * 1000 + "1}", content_type=content_type)
    _is_problem(answer, 413, "too_large")
    assert Parcel.objects.count() == 0


def test_a_body_that_does_not_say_its_length_is_refused(quiet: APIClient) -> None:
    _is_problem(quiet.post(URL, {"name": "a"}, headers={"Transfer-Encoding": "chunked"}), 400, "length_required")
    assert Parcel.objects.count() == 0


@pytest.mark.parametrize(("parameters", "status"), [(200, 200), (201, 400)])
def test_an_address_may_have_so_many_parameters(quiet: APIClient, parameters: int, status: int) -> None:
    assert quiet.get(f"{URL}?" + "&".join(["a=b"] * parameters)).status_code == status


@pytest.mark.parametrize("depth", [100, 300, 500, 700, 900, 950, 980, 1000, 3000])
def test_json_of_any_depth_is_no_defect(quiet: APIClient, depth: int) -> None:
    for opening, closing in (("[", "]"), ('{"name": ', "}")):
        body = '{"name": "a", "weight": ' + opening * depth + "1" + closing * depth + "}"
        answer = quiet.post(URL, body.encode(), content_type="application/json")
        _is_problem(answer, 400, answer.json()["code"])
    assert Parcel.objects.count() == 0


def test_a_form_of_too_many_fields_is_refused(quiet: APIClient) -> None:
    body = "&".join(f"f{number}=1" for number in range(2001))
    answer = quiet.generic("POST", URL, body, content_type="application/x-www-form-urlencoded")
    _is_problem(answer, 400, "bad_request")
    assert Parcel.objects.count() == 0


def test_forms_with_files_may_be_larger_but_not_their_fields(quiet: APIClient, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = quiet.post(URL, {"name": "a" * 2000}, format="multipart")
    _is_problem(answer, 413, "too_large")


def test_a_login_form_too_large_is_a_413(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = Client().post("/login/", {"username": "a" * 2000, "password": "b"})
    _is_problem(answer, 413, "too_large")


@pytest.mark.parametrize(
    "address", [f"{URL}?search=%00", f"{URL}/%00", "/%00", "/admin/jobs/job/%00/change/", "/login/?next=%00"]
)
def test_nul_in_an_address_is_a_400(quiet: APIClient, address: str) -> None:
    _is_problem(quiet.get(address), 400, "bad_request")


@pytest.mark.parametrize(
    "path", [f"{URL}/%FF", f"{URL}/%ED%A0%80", f"{URL}/x", f"{URL}/{uuid.UUID(int=0)}", "/%ED%A0%80"]
)
def test_an_address_that_names_nothing_is_a_404(quiet: APIClient, path: str) -> None:
    _is_problem(quiet.get(path), 404, "not_found")


@pytest.mark.parametrize("query", ["a=%FF", "a=%ED%A0%80", "%", "&&=&", "a=" + "b" * 5000, "page_size=%ED%A0%80x"])
def test_a_strange_query_is_no_defect(quiet: APIClient, query: str) -> None:
    assert quiet.get(f"{URL}?{query}").status_code in {200, 400}


@pytest.mark.parametrize("language", ["fr", "fr-FR,fr;q=0.9", "xx", "*", "\xff", ",;q=", "a" * 600])
def test_any_language_may_be_asked_for(anonymous: APIClient, language: str) -> None:
    _is_problem(anonymous.get("/nowhere", headers={"accept-language": language}), 404, "not_found")


@pytest.mark.parametrize("host", ["evil.test", "a b", "::", "\xe9"])
def test_a_host_that_is_not_ours_is_a_400(anonymous: APIClient, settings: Settings, host: str) -> None:
    settings.ALLOWED_HOSTS = ["shop.test"]
    _is_problem(anonymous.get("/nowhere", headers={"host": host}), 400, "bad_request")


def test_a_browser_gets_pages(client_for: ClientFactory, settings: Settings) -> None:
    person = APIClient(raise_request_exception=False)
    person.force_login(User.objects.create(username="someone", roles=["seller"]))
    headers = {"accept": BROWSER}
    for address, status, words in (
        ("/nowhere", 404, "There is nothing at this address."),
        (f"{URL}/{uuid.UUID(int=0)}", 404, "not_found"),
        (f"{URL}?page_size=x", 400, "A whole number from 1 to 100 is required."),
        (f"{URL}?a=%00", 400, "The request could not be understood."),
    ):
        answer = person.get(address, headers=headers)
        assert answer.status_code == status
        assert answer["Content-Type"].startswith("text/html")
        assert words in answer.content.decode()
        assert "<html" in answer.content.decode()
    signed_out = APIClient().get(URL, headers=headers)
    assert (signed_out.status_code, signed_out["Content-Type"]) == (401, "text/html; charset=utf-8")
    french = person.get("/nowhere", headers={**headers, "accept-language": "fr"}).content.decode()
    assert '<html lang="fr">' in french
    assert "Il n’y a rien à cette adresse." in french


def test_a_browser_gets_a_page_for_a_defect_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise KeyError("a detail of ours")

    monkeypatch.setattr(ParcelViewSet, "get_queryset", fail)
    person = APIClient(raise_request_exception=False)
    person.force_login(User.objects.create(username="someone"))
    answer = person.get(URL, headers={"accept": BROWSER})
    assert (answer.status_code, answer["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert "a detail of ours" not in answer.content.decode()


def test_the_form_of_the_browsable_api_posts_and_shows_its_errors() -> None:
    seller = User.objects.create(username="someone", roles=["seller"])
    person = APIClient()
    person.force_login(seller)
    page = person.get(URL, headers={"accept": BROWSER})
    assert page.status_code == 200
    assert "<form" in page.content.decode()
    assert 'name="weight"' in page.content.decode()
    refused = person.post(URL, {"name": "", "weight": "x"}, format="multipart", headers={"accept": BROWSER})
    assert (refused.status_code, refused["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert Parcel.objects.count() == 0
    made = person.post(URL, {"name": "a", "weight": "3"}, format="multipart", headers={"accept": BROWSER})
    assert (made.status_code, made["Content-Type"]) == (201, "text/html; charset=utf-8")
    assert Parcel.objects.get().owner == seller.pk


def test_a_session_without_its_csrf_token_is_a_403_problem() -> None:
    person = APIClient(enforce_csrf_checks=True)
    person.force_login(User.objects.create(username="someone"))
    _is_problem(person.post(URL, {"name": "a"}), 403, "permission_denied")
    assert Parcel.objects.count() == 0


def test_a_form_without_its_csrf_token_is_a_403_problem_or_page() -> None:
    person = Client(enforce_csrf_checks=True)
    _is_problem(person.post("/login/", {"username": "a", "password": "b"}), 403, "csrf_failed")
    page = person.post("/login/", {"username": "a"}, headers={"accept": BROWSER})
    assert (page.status_code, page["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert "Please load the page again." in page.content.decode()


def test_a_value_beyond_a_column_is_a_400(quiet: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 99999999999::int")

    monkeypatch.setattr(ParcelViewSet, "perform_create", fail)
    body = _is_problem(quiet.post(URL, {"name": "a"}, headers={"Idempotency-Key": "k"}), 400, "invalid")
    assert [error["code"] for error in body["errors"]] == ["out_of_range"]
