"""What every request gets: an identity, a problem when refused, a page of a list, an answer that can be repeated."""

import json
import uuid
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from rest_framework.test import APIClient

from chassis.testing import ClientFactory, TokenFactory, make_token
from tests.parcels.models import Parcel, ParcelState

pytestmark = pytest.mark.django_db
URL = "/api/v1/parcels"


def test_without_a_token_the_answer_is_a_401_problem(anonymous: APIClient) -> None:
    answer = anonymous.get(URL)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")
    body = answer.json()
    assert body["type"] == "/problems/not_authenticated"
    assert body["request_id"] == answer["X-Request-ID"]


@pytest.mark.parametrize(
    "claims",
    [
        {"expires_in": timedelta(minutes=-5)},
        {"iss": "another"},
        {"aud": "another"},
        {"kid": None},
        {"kid": "unknown"},
        {"key": rsa.generate_private_key(public_exponent=65537, key_size=2048)},
        {"key": "a-shared-secret-that-is-long-enough-for-hs256", "algorithm": "HS256"},
        {"key": "", "algorithm": "none"},
        {"roles": "admin"},
        {"token_type": "refresh"},
        {"sub": "not-a-uuid"},
        {"sub": 7},
        {"scopes": [1]},
        {"email_verified": "yes"},
    ],
    ids=str,
)
def test_a_forged_or_expired_token_is_a_401(anonymous: APIClient, claims: dict[str, object]) -> None:
    if isinstance(claims.get("roles"), str):
        forged = _resigned(roles="admin")
    elif "sub" in claims or "scopes" in claims:
        forged = _resigned(**claims)
    else:
        forged = make_token(**claims)  # type: ignore[arg-type]
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {forged}")
    answer = anonymous.get(URL)
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_not_valid"


def _resigned(**claims: object) -> str:
    """A token with our own signature over claims of the wrong type."""
    from chassis.testing import KEY_ID, _private_key

    payload = jwt.decode(make_token(), options={"verify_signature": False})
    return jwt.encode(payload | claims, _private_key, algorithm="RS256", headers={"kid": KEY_ID})


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer a b", "Bearer \u00ff\u00fe", "Bearer a.b.c", "Bearer ..", "Basic eDp5"]
)
def test_a_malformed_authorization_header_is_a_401(anonymous: APIClient, header: str) -> None:
    anonymous.credentials(HTTP_AUTHORIZATION=header)
    assert anonymous.get(URL).status_code == 401


def test_token_users_cost_no_query(client_for: ClientFactory, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert client_for().get(URL).json() == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"name": ', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'["a"]', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"name": "a", "weight": "heavy"}', "application/json", 400),
        (b'{"name": "a", "weight": 99999999999999999999}', "application/json", 400),
        (b'{"name": "a\\u0000b"}', "application/json", 400),
        (b'{"name": "\\ud800"}', "application/json", 400),
        (b"name=a", "text/plain", 415),
    ],
)
def test_bad_input_is_a_problem_and_changes_nothing(
    client_for: ClientFactory, body: bytes, content_type: str, status: int
) -> None:
    answer = client_for().generic("POST", URL, body, content_type=content_type)  # type: ignore[arg-type]
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert Parcel.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "a", "weight": 1e999}',
        b'{"name": "a", "weight": [-1e999]}',
        b'{"name": "a", "unknown": NaN}',
        b'{"name": "a\\ud800b"}',
        b'{"name": "a", "\\udc00": 1}',
        b'{"name": ' * 5000 + b"1" + b"}" * 5000,
    ],
)
def test_json_that_could_not_be_said_again_is_a_400(client_for: ClientFactory, body: bytes) -> None:
    answer = client_for().post(URL, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert Parcel.objects.count() == 0


def test_field_errors_name_the_field(client_for: ClientFactory) -> None:
    body = client_for().post(URL, {"name": "x" * 51, "weight": None}).json()
    assert {(error["field"], error["code"]) for error in body["errors"]} == {("name", "max_length"), ("weight", "null")}


def test_messages_follow_the_language_asked_for(anonymous: APIClient) -> None:
    french = anonymous.get("/api/v1/nowhere", headers={"accept-language": "fr"}).json()
    assert french["detail"] == "Il n’y a rien à cette adresse."


def test_an_unknown_address_is_a_problem(anonymous: APIClient) -> None:
    answer = anonymous.get("/nowhere")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_pages_walk_forth_and_back_over_equal_values(client_for: ClientFactory) -> None:
    owner = uuid.uuid4()
    client = client_for(account=owner)
    Parcel.objects.bulk_create([Parcel(owner=owner, name=f"p{n}", weight=n % 3) for n in range(25)])
    whole = [row["id"] for row in client.get(f"{URL}?page_size=100").json()["results"]]
    assert len(whole) == 25

    forth, url, last = [], f"{URL}?page_size=4", ""
    while url:
        page = client.get(url).json()
        forth += [row["id"] for row in page["results"]]
        last, url = url, page["next"]
    assert forth == whole

    back: list[str] = []
    url = client.get(last).json()["previous"]
    while url:
        page = client.get(url).json()
        back = [row["id"] for row in page["results"]] + back
        url = page["previous"]
    assert back == whole[:24]


@pytest.mark.parametrize(
    "query",
    [
        "cursor=!!",
        "cursor=e30",
        "cursor=W10",
        "cursor=WzAsWyItd2VpZ2h0IiwiaWQiXSxbIngiLCJ5Il1d",
        "page_size=0",
        "page_size=x",
    ],
)
def test_a_bad_cursor_or_size_is_a_400(client_for: ClientFactory, query: str) -> None:
    assert client_for().get(f"{URL}?{query}").status_code == 400


def test_the_same_key_gives_the_same_answer_and_one_effect(client_for: ClientFactory) -> None:
    client, headers = client_for(account=uuid.uuid4()), {"Idempotency-Key": "k1"}
    first = client.post(URL, {"name": "a"}, headers=headers)
    second = client.post(URL, {"name": "a"}, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second["Idempotent-Replayed"] == "true"
    assert Parcel.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(client_for: ClientFactory) -> None:
    client, headers = client_for(account=uuid.uuid4()), {"Idempotency-Key": "k1"}
    client.post(URL, {"name": "a"}, headers=headers)
    answer = client.post(URL, {"name": "b"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Parcel.objects.count() == 1


def test_a_refused_request_leaves_its_key_unused(client_for: ClientFactory) -> None:
    client, headers = client_for(account=uuid.uuid4()), {"Idempotency-Key": "k1"}
    assert client.post(URL, {}, headers=headers).status_code == 400
    assert client.post(URL, {"name": "a"}, headers=headers).status_code == 201


def test_two_callers_may_use_the_same_key(client_for: ClientFactory) -> None:
    for _caller in range(2):
        assert (
            client_for(account=uuid.uuid4()).post(URL, {"name": "a"}, headers={"Idempotency-Key": "k"}).status_code
            == 201
        )
    assert Parcel.objects.count() == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "é"])
def test_a_malformed_key_is_refused(client_for: ClientFactory, key: str) -> None:
    answer = client_for().post(URL, {"name": "a"}, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")


def test_an_action_needs_its_scope_and_moves_once(client_for: ClientFactory) -> None:
    parcel = Parcel.objects.create(owner=uuid.uuid4(), name="a")
    url = f"{URL}/{parcel.pk}/send"
    assert client_for(roles=["admin"]).post(url).status_code == 403
    parcel.refresh_from_db()
    assert parcel.state == ParcelState.PACKED
    service = client_for(roles=["service"], scopes=["parcels.send"])
    assert service.post(url).json()["state"] == "sent"
    again = service.post(url)
    assert (again.status_code, again.json()["code"], again.json()["state"]) == (409, "transition_refused", "sent")


def test_a_throttle_counts_over_all_processes(anonymous: APIClient) -> None:
    answers = [anonymous.get(f"{URL}/counted") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3]["Retry-After"]) <= 60


def test_probes_answer_without_signing_in(anonymous: APIClient) -> None:
    assert anonymous.get("/livez").json() == {"status": "ok"}
    assert anonymous.get("/readyz").json() == {"status": "ok"}


def test_the_spec_documents_keys_and_problems(anonymous: APIClient) -> None:
    spec = json.loads(anonymous.get("/api/schema/?format=json").content)
    create = spec["paths"]["/api/v1/parcels"]["post"]
    assert "Idempotency-Key" in [parameter["name"] for parameter in create["parameters"]]
    refusals = {"400", "401", "403", "406", "409", "411", "413", "415", "422", "429", "503"}
    assert set(create["responses"]) == {"201"} | refusals


def test_the_spec_says_who_needs_a_token_and_who_is_refused(anonymous: APIClient) -> None:
    paths = json.loads(anonymous.get("/api/schema/?format=json").content)["paths"]
    told = {
        name: (
            {} in paths[f"/api/v1/parcels{name}"]["get"]["security"],
            "403" in paths[f"/api/v1/parcels{name}"]["get"]["responses"],
        )
        for name in ("", "/tariff", "/counted")
    }
    assert told == {"": (False, True), "/tariff": (True, True), "/counted": (True, False)}


def test_everybody_but_services_is_let_in_where_services_have_no_business(
    anonymous: APIClient, client_for: ClientFactory
) -> None:
    callers = [anonymous, client_for(roles=["buyer"]), client_for(roles=["service"], scopes=["parcels.send"])]
    assert [caller.get(f"{URL}/tariff").status_code for caller in callers] == [200, 200, 403]


def test_a_caller_given_request_id_is_kept_when_well_formed(anonymous: APIClient) -> None:
    assert anonymous.get("/livez", headers={"X-Request-ID": "abcdef-123456"})["X-Request-ID"] == "abcdef-123456"
    assert anonymous.get("/livez", headers={"X-Request-ID": "<script>"})["X-Request-ID"] != "<script>"


def test_the_default_token_is_accepted(anonymous: APIClient, token: TokenFactory) -> None:
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {token()}")
    assert anonymous.get(URL).status_code == 200
