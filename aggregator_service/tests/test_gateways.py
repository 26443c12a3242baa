"""What the aggregator makes of the services' answers, good and bad."""

import importlib
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from aggregator_service import urls
from chassis.testing import ClientFactory, make_token
from gateways import service_token as token_module
from gateways.models import ServiceToken
from gateways.service_token import NoServiceTokenError, ServiceTokenKeeper
from gateways.tasks import keep_service_token
from storefront import composition, page_cache
from tests.conftest import FakeService, Services, issued, problem

pytestmark = pytest.mark.django_db

SELLER = str(uuid.uuid4())
EUR = {"amount": 1250, "currency": "EUR"}


def summary(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "slug": "mug",
        "title": "Mug",
        "seller": SELLER,
        "category": "mugs",
        "price": EUR,
        "in_stock": True,
        "image": None,
        **changes,
    }


def an_open_cart() -> dict[str, Any]:
    total = {"amount": 0, "currency": "EUR"}
    return {
        "id": str(uuid.uuid4()),
        "state": "open",
        "version": 0,
        "currency": "EUR",
        "account": None,
        "lines": [],
        "total": total,
    }


def profiles(auth: FakeService, name: str = "Atelier") -> None:
    auth.tell("GET /api/v1/sellers", 200, {"results": [{"id": SELLER, "name": name, "slug": "atelier"}]})


def test_a_page_leads_back_to_the_public_api(anonymous: APIClient, services: Services) -> None:
    services.inventory.tell(
        "GET /api/v1/products",
        200,
        {"next": f"{services.inventory.url}/api/v1/products?cursor=abc&x=1", "previous": None, "results": [summary()]},
    )
    profiles(services.auth)
    body = anonymous.get("/api/v1/products?search=mug&in_stock=true&min_price=1").json()
    assert body["next"] == "http://testserver/api/v1/products?search=mug&in_stock=true&min_price=1&cursor=abc"
    assert body["results"][0]["seller"] == {"id": SELLER, "name": "Atelier"}
    assert body["degraded"] == []
    assert services.inventory.received[0].query == "in_stock=true&min_price=1&page_size=20&search=mug"


@pytest.mark.parametrize(
    "query", ["min_price=x", "min_price=-1", "page_size=0", "ordering=odd", "seller=me", "in_stock=perhaps"]
)
def test_a_bad_filter_is_refused_here(anonymous: APIClient, services: Services, query: str) -> None:
    answer = anonymous.get(f"/api/v1/products?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]
    assert services.inventory.received == []


def test_the_catalogue_and_carts_open_in_a_browser(anonymous: APIClient, services: Services) -> None:
    services.inventory.tell("GET /api/v1/categories", 200, {"results": []})
    services.inventory.tell("POST /api/v1/carts", 201, cart := an_open_cart())
    assert anonymous.get("/api/v1/categories", headers={"Accept": "text/html"}).status_code == 200
    opened = anonymous.post("/api/v1/carts", headers={"Accept": "text/html"})
    assert (opened.status_code, cart["id"] in opened.content.decode()) == (201, True)


def test_services_have_no_carts_here(client_for: ClientFactory, services: Services) -> None:
    """A service that may read every cart does so at its owner, not in public."""
    service = client_for(roles=["service"], scopes=["inventory.reserve"])
    cart = f"/api/v1/carts/{uuid.uuid4()}"
    assert service.post("/api/v1/carts").status_code == 403
    assert service.get(cart).status_code == 403
    assert service.put(f"{cart}/lines/{uuid.uuid4()}", {"quantity": 1}).status_code == 403
    assert service.delete(f"{cart}/lines/{uuid.uuid4()}").status_code == 403
    assert services.inventory.received == []


@pytest.fixture
def remembering(settings: Settings) -> Iterator[None]:
    settings.CATALOGUE_CACHE_SECONDS = 60
    yield
    page_cache.forget()


def test_a_page_is_read_anew_unless_an_operator_says_otherwise(anonymous: APIClient, services: Services) -> None:
    services.inventory.tell("GET /api/v1/categories", 200, {"results": []})
    for _ in range(3):
        anonymous.get("/api/v1/categories")
    assert len(services.inventory.received) == 3


def test_anonymous_programs_share_a_page(
    anonymous: APIClient, client_for: ClientFactory, services: Services, remembering: None
) -> None:
    services.inventory.tell("GET /api/v1/products", 200, {"next": None, "previous": None, "results": [summary()]})
    services.auth.tell("GET /api/v1/sellers", 200, {"results": []})
    first, again = anonymous.get("/api/v1/products"), anonymous.get("/api/v1/products")
    assert first.json() == again.json()
    assert again["Content-Type"] == "application/json"
    assert len(services.inventory.received) == 1
    anonymous.get("/api/v1/products?page_size=5")
    anonymous.get("/api/v1/products", headers={"Accept": "text/html"})
    client_for().get("/api/v1/products")
    assert len(services.inventory.received) == 4


def test_a_page_is_not_remembered_for_longer_than_it_may_be(
    anonymous: APIClient, services: Services, remembering: None, settings: Settings
) -> None:
    settings.CATALOGUE_CACHE_SECONDS = 0.05
    services.inventory.tell("GET /api/v1/categories", 200, {"results": []})
    anonymous.get("/api/v1/categories")
    time.sleep(0.1)
    anonymous.get("/api/v1/categories")
    assert len(services.inventory.received) == 2


def test_a_page_that_misses_a_part_and_a_refusal_are_remembered_for_nobody(
    anonymous: APIClient, services: Services, remembering: None, settings: Settings, nobody_listens: str
) -> None:
    settings.AUTH_URL = nobody_listens
    services.inventory.tell("GET /api/v1/products", 200, {"next": None, "previous": None, "results": [summary()]})
    services.inventory.tell("GET /api/v1/products/nothing", 404, problem("product_not_found", 404))
    for _ in range(2):
        assert anonymous.get("/api/v1/products").json()["degraded"] == ["sellers"]
        assert anonymous.get("/api/v1/products/nothing").status_code == 404
    assert len(services.inventory.received) == 4


def test_names_are_remembered_and_outlive_the_auth_service(
    anonymous: APIClient, services: Services, settings: Settings, nobody_listens: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.inventory.tell("GET /api/v1/products", 200, {"next": None, "previous": None, "results": [summary()]})
    profiles(services.auth)
    for _again in range(3):
        anonymous.get("/api/v1/products")
    assert services.auth.asked() == ["GET /api/v1/sellers"]

    settings.AUTH_URL = nobody_listens
    monkeypatch.setattr(composition, "NAMES_KEPT_SECONDS", -1.0)
    body = anonymous.get("/api/v1/products").json()
    assert (body["results"][0]["seller"]["name"], body["degraded"]) == ("Atelier", [])


def test_without_names_the_page_says_so(
    anonymous: APIClient, services: Services, settings: Settings, nobody_listens: str
) -> None:
    services.inventory.tell("GET /api/v1/products", 200, {"next": None, "previous": None, "results": [summary()]})
    settings.AUTH_URL = nobody_listens
    body = anonymous.get("/api/v1/products").json()
    assert body["results"][0]["seller"] == {"id": SELLER, "name": None}
    assert body["degraded"] == ["sellers"]


def test_names_that_nobody_has_are_asked_for_once(anonymous: APIClient, services: Services) -> None:
    services.inventory.tell("GET /api/v1/products", 200, {"next": None, "previous": None, "results": [summary()]})
    services.auth.tell("GET /api/v1/sellers", 200, {"results": []})
    for _again in range(3):
        body = anonymous.get("/api/v1/products").json()
    assert (body["results"][0]["seller"]["name"], body["degraded"]) == (None, [])
    assert services.auth.asked() == ["GET /api/v1/sellers"]


def test_nobody_waits_long_for_a_name_or_a_payment(
    anonymous: APIClient, client_for: ClientFactory, services: Services
) -> None:
    """Half a second, until the service has failed three times; then nobody waits."""
    one = order()
    services.inventory.tell("GET /api/v1/products", 200, {"next": None, "previous": None, "results": [summary()]})
    services.orders.tell(f"GET /api/v1/orders/{one['id']}", 200, one)
    profiles(services.auth)
    services.payment.tell("GET /api/v1/payments", 200, {"next": None, "previous": None, "results": []})
    for slow, missing, page in (
        (services.auth, "sellers", partial(anonymous.get, "/api/v1/products")),
        (services.payment, "payment", partial(client_for().get, f"/api/v1/orders/{one['id']}")),
    ):
        slow.pause = 4.0
        took = []
        for _again in range(6):
            began = time.monotonic()
            assert page().json()["degraded"] == [missing]
            took.append(time.monotonic() - began)
        # A busy machine may add to the half second, but not each time, and not as much as the pause.
        assert all(0.4 < seconds < 3.5 for seconds in took[:3]), took
        assert min(took[:3]) < 1.0, took
        assert max(took[3:]) < 0.3, took


def test_what_is_slow_for_an_optional_part_is_still_asked_for_what_is_needed(
    anonymous: APIClient, services: Services
) -> None:
    services.inventory.tell("GET /api/v1/products", 200, {"next": None, "previous": None, "results": [summary()]})
    services.auth.tell("POST /api/v1/auth/token/revoke", 204)
    services.auth.pause = 0.8
    for _again in range(6):
        assert anonymous.get("/api/v1/products").json()["degraded"] == ["sellers"]
    assert anonymous.post("/api/v1/auth/token/revoke", {"refresh": "x"}).status_code == 204


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, problem("internal_error", 500)), (502, "<html>"), (200, "<html>"), (200, {"results": 3}), (418, {})],
)
def test_an_answer_that_is_none_is_a_503_that_names_the_service(
    anonymous: APIClient, services: Services, status: int, body: Any
) -> None:
    services.inventory.tell("GET /api/v1/categories", status, body)
    answer = anonymous.get("/api/v1/categories")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    assert (answer.json()["code"], answer.json()["service"]) == ("service_unavailable", "inventory")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, problem("internal_error", 500)),
        (200, "<html>"),
        (200, []),
        (200, {"results": 3}),
        (200, {"results": [{"no": "seller"}]}),
        (418, {}),
        (404, "<html>"),
    ],
)
def test_what_is_passed_on_must_be_usable(anonymous: APIClient, services: Services, status: int, body: Any) -> None:
    services.inventory.tell("GET /api/v1/products", status, body)
    answer = anonymous.get("/api/v1/products")
    assert answer.status_code == 503
    assert (answer.json()["code"], answer.json()["service"]) == ("service_unavailable", "inventory")


def test_a_refusal_of_what_is_passed_on_is_passed_on(anonymous: APIClient, services: Services) -> None:
    services.inventory.tell("GET /api/v1/products/nothing", 404, problem("product_not_found", 404))
    answer = anonymous.get("/api/v1/products/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "product_not_found")


def test_a_service_that_is_down_is_a_503(
    anonymous: APIClient, services: Services, settings: Settings, nobody_listens: str
) -> None:
    settings.INVENTORY_URL = nobody_listens
    assert anonymous.get("/api/v1/categories").status_code == 503


def test_a_refusal_is_passed_on_as_it_is(anonymous: APIClient, services: Services) -> None:
    errors = [{"field": "email", "code": "invalid", "message": "No."}]
    refusal = {**problem("invalid", 400, hint="x"), "errors": errors}
    services.auth.tell("POST /api/v1/accounts", 400, refusal)
    answer = anonymous.post("/api/v1/accounts", {"email": "x"})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["code"], body["errors"], body["hint"]) == ("invalid", errors, "x")
    assert body["request_id"] == answer["X-Request-ID"]


def test_a_throttled_caller_is_told_when_to_come_back(anonymous: APIClient, services: Services) -> None:
    services.auth.tell("POST /api/v1/auth/token", 429, problem("throttled", 429), Retry_After="17")
    answer = anonymous.post("/api/v1/auth/token", {"email": "a@b.c", "password": "x"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "17")


def test_the_callers_own_token_language_and_key_go_along(client_for: ClientFactory, services: Services) -> None:
    token = make_token(account=uuid.uuid4())
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    headers = {"Idempotency-Key": "k1", "Accept-Language": "fr", "X-Request-ID": "request-1234"}
    client.post("/api/v1/addresses", {"city": "Paris"}, headers=headers)
    (received,) = services.orders.received
    assert received.body == {"city": "Paris"}
    assert received.headers["Authorization"] == f"Bearer {token}"
    assert received.headers["Accept-Language"] == "fr"
    assert received.headers["Idempotency-Key"] == "k1"
    assert received.headers["X-Request-ID"] == "request-1234"


def test_logging_in_tells_where_the_caller_is(anonymous: APIClient, services: Services) -> None:
    anonymous.post("/api/v1/auth/token", {"email": "a@b.c", "password": "x"}, REMOTE_ADDR="198.51.100.7")
    login = services.auth.received[-1]
    assert login.path == "/api/v1/auth/token"
    assert login.headers["X-Client-Address"] == "198.51.100.7"


def test_a_buyers_token_is_no_service_token(client_for: ClientFactory, services: Services) -> None:
    """A caller cannot pass an address of their own choice on."""
    client_for().get("/api/v1/orders", headers={"X-Client-Address": "203.0.113.1"})
    assert "X-Client-Address" not in services.orders.received[0].headers


def test_the_service_token_is_kept_encrypted_and_survives_the_auth_service(
    services: Services, settings: Settings, nobody_listens: str
) -> None:
    token = ServiceTokenKeeper("SERVICE").get()
    row = ServiceToken.objects.get()
    assert token not in row.secret
    settings.AUTH_URL = nobody_listens
    assert ServiceTokenKeeper("SERVICE").get() == token
    ServiceToken.objects.update(renew_at=timezone.now() - timedelta(seconds=1))
    assert ServiceTokenKeeper("SERVICE").get() == token, "due for renewal, but still valid"
    ServiceToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NoServiceTokenError):
        ServiceTokenKeeper("SERVICE").get()


def test_the_service_token_is_renewed_at_half_its_life(services: Services) -> None:
    first = ServiceTokenKeeper("SERVICE").get()
    row = ServiceToken.objects.get()
    assert timedelta(hours=5) < row.renew_at - timezone.now() < timedelta(hours=7)
    services.auth.tell("POST /api/v1/auth/service-token", 200, issued())
    keep_service_token()
    assert ServiceTokenKeeper("SERVICE").get() == first, "not due yet"
    ServiceToken.objects.update(renew_at=timezone.now())
    assert ServiceTokenKeeper("SERVICE").get() == first, "no request waits for the renewal"
    keep_service_token()
    assert ServiceTokenKeeper("SERVICE").get() != first


def test_the_service_token_is_remembered_while_the_database_is_gone(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_keeper: ServiceTokenKeeper) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(token_module, "MEMORY_SECONDS", -1)
    keeper = ServiceTokenKeeper("SERVICE")
    token = keeper.get()
    monkeypatch.setattr(ServiceTokenKeeper, "_kept", gone)
    assert keeper.get() == token
    with pytest.raises(NoServiceTokenError):
        ServiceTokenKeeper("SERVICE").get()
    keeper._expires = time.monotonic()
    with pytest.raises(NoServiceTokenError):
        keeper.get()


def test_a_token_kept_under_another_key_is_asked_for_again(services: Services, settings: Settings) -> None:
    ServiceTokenKeeper("SERVICE").get()
    settings.FIELD_ENCRYPTION_KEY = "b" * 43 + "="
    with pytest.raises(NoServiceTokenError):
        ServiceTokenKeeper("SERVICE").get()


def order(**changes: Any) -> dict[str, Any]:
    address = dict.fromkeys(
        ("full_name", "company", "line1", "line2", "postal_code", "city", "region", "country", "phone"), "x"
    )
    return {
        "id": str(uuid.uuid4()),
        "reference": "K7Q2-M9TX-4B",
        "state": "confirmed",
        "buyer": str(uuid.uuid4()),
        "shipping_address": address,
        "items_total": EUR,
        "shipping_total": {"amount": 0, "currency": "EUR"},
        "total": EUR,
        "seller_orders": [],
        "created_at": "2026-01-01T10:00:00Z",
        "confirmed_at": None,
        **changes,
    }


def payment(order_id: str, state: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "order": order_id,
        "buyer": str(uuid.uuid4()),
        "state": state,
        "amount": EUR,
        "refunded": {"amount": 0, "currency": "EUR"},
        "decline_code": None,
        "payment_method": "pm_card_visa",
        "created_at": "2026-01-01T10:00:00Z",
        "captured_at": None,
    }


def test_orders_come_with_their_payments_in_one_call(client_for: ClientFactory, services: Services) -> None:
    first, second = order(), order()
    services.orders.tell("GET /api/v1/orders", 200, {"next": None, "previous": None, "results": [first, second]})
    paid = payment(first["id"], "captured")
    services.payment.tell(
        "GET /api/v1/payments",
        200,
        {"next": None, "previous": None, "results": [payment(first["id"], "declined"), paid]},
    )
    body = client_for().get("/api/v1/orders").json()
    assert [row["payment"] and row["payment"]["id"] for row in body["results"]] == [paid["id"], None]
    assert set(body["results"][0]["payment"]) == {"id", "state", "amount", "refunded", "captured_at"}
    assert body["degraded"] == []
    assert services.payment.asked() == ["GET /api/v1/payments"]


def test_orders_without_the_payment_service_say_so(
    client_for: ClientFactory, services: Services, settings: Settings, nobody_listens: str
) -> None:
    one = order()
    services.orders.tell(f"GET /api/v1/orders/{one['id']}", 200, one)
    settings.PAYMENT_URL = nobody_listens
    body = client_for().get(f"/api/v1/orders/{one['id']}").json()
    assert (body["payment"], body["degraded"]) == (None, ["payment"])


def test_status_tells_who_is_down_and_stays_200(
    anonymous: APIClient, services: Services, settings: Settings, nobody_listens: str
) -> None:
    for service in (services.auth, services.inventory, services.orders):
        service.tell("GET /readyz", 200, {"status": "ok"})
    settings.PAYMENT_URL = nobody_listens
    answer = anonymous.get("/api/v1/status")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degraded",
        "services": [
            {"name": "aggregator", "status": "up"},
            {"name": "auth", "status": "up"},
            {"name": "inventory", "status": "up"},
            {"name": "orders", "status": "up"},
            {"name": "payment", "status": "down"},
        ],
        "sagas": {"running": 0, "stuck": 0},
    }


def test_the_public_documentation_links_the_services_own(anonymous: APIClient, settings: Settings) -> None:
    settings.SERVICE_DOCS = {"auth": "https://auth.example/api/docs/"}
    importlib.reload(urls)
    described = anonymous.get("/api/schema/?format=json")
    assert "description" in described.json()["info"]
    served = next(pattern for pattern in urls.urlpatterns if getattr(pattern, "name", "") == "schema")
    assert served.callback.view_initkwargs["custom_settings"] == {  # type: ignore[union-attr]
        "DESCRIPTION": "The marketplace's public API. The services' own: [auth](https://auth.example/api/docs/)."
    }
