"""The browsable API: sellers ship, and everybody keeps their addresses, in HTML forms."""

import re
import uuid

import pytest
from django.test import Client

from addresses.models import Address
from chassis.identity.models import User
from deliveries.models import Delivery
from orders.models import SellerOrder
from orders.states import SellerOrderState
from tests.samples import ADDRESS, address_of, confirmed, sale_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> User:
    ident = uuid.uuid4()
    return User.objects.create(id=ident, username=str(ident), email="seller@example.com", roles=["buyer", "seller"])


@pytest.fixture
def browser(account: User) -> Client:
    """Somebody at a browser, who has to send the form's CSRF token like any other."""
    client = Client(enforce_csrf_checks=True, headers={"accept": "text/html"})
    client.force_login(account, backend="chassis.identity.backends.AccountBackend")
    return client


def page(browser: Client, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/html")
    return answer.content.decode()


def csrf_token(html: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
    assert found
    return found[1]


def test_a_seller_ships_through_the_form(browser: Client, account: User) -> None:
    sale = sale_of(account.pk)
    url = f"/api/v1/sales/{sale.pk}/deliveries"
    html = page(browser, url)
    assert "<form" in html
    assert 'name="carrier"' in html
    assert 'name="tracking_number"' in html
    form = {"carrier": "Colissimo", "tracking_number": "6A1", "csrfmiddlewaretoken": csrf_token(html)}
    answer = browser.post(url, form)
    assert answer.status_code == 201
    assert answer["Content-Type"].startswith("text/html")
    assert Delivery.objects.get().tracking_number == "6A1"
    assert SellerOrder.objects.get().state == SellerOrderState.SHIPPED
    assert "6A1" in page(browser, f"/api/v1/sales/{sale.pk}")


def test_a_form_without_its_token_is_refused(browser: Client, account: User) -> None:
    sale = sale_of(account.pk)
    answer = browser.post(f"/api/v1/sales/{sale.pk}/deliveries", {"carrier": "DHL", "tracking_number": "1"})
    assert answer.status_code == 403
    assert Delivery.objects.count() == 0


def test_a_refused_form_says_why(browser: Client, account: User) -> None:
    sale = sale_of(account.pk)
    url = f"/api/v1/sales/{sale.pk}/deliveries"
    form = {"carrier": "", "tracking_number": "6A1", "csrfmiddlewaretoken": csrf_token(page(browser, url))}
    answer = browser.post(url, form)
    assert answer.status_code == 400
    assert "carrier" in answer.content.decode()
    assert browser.post(url, {**form, "carrier": "DHL"}).status_code == 201
    again = browser.post(url, {**form, "carrier": "DHL"})
    assert again.status_code == 409
    assert "already_shipped" in again.content.decode()


def test_addresses_are_added_changed_and_removed_through_forms(browser: Client, account: User) -> None:
    html = page(browser, "/api/v1/addresses")
    assert re.search(r'<option value="FR"\s*>France</option>', html)
    token = csrf_token(html)
    assert browser.post("/api/v1/addresses", {**ADDRESS, "csrfmiddlewaretoken": token}).status_code == 201
    address = Address.objects.get(account_id=account.pk)
    url = f"/api/v1/addresses/{address.pk}"
    html = page(browser, url)
    assert 'data-method="PUT"' in html
    assert 'data-method="DELETE"' in html
    body = "&".join(f"{name}={value}" for name, value in {**ADDRESS, "city": "Paris"}.items())
    headers = {"X-CSRFToken": csrf_token(html)}
    form = "application/x-www-form-urlencoded"
    assert browser.put(url, body, content_type=form, headers=headers).status_code == 200
    assert Address.objects.get().city == "Paris"
    # A page cannot be a 204: the browsable API shows it as one.
    assert browser.delete(url, headers=headers).status_code == 200
    assert Address.objects.count() == 0


def test_every_page_of_a_person_renders(browser: Client, account: User) -> None:
    order, sale, address = confirmed(buyer=account.pk), sale_of(account.pk), address_of(account.pk)
    for url in (
        "/api/v1/orders",
        f"/api/v1/orders/{order.pk}",
        "/api/v1/sales",
        "/api/v1/sales?state=to_prepare",
        f"/api/v1/sales/{sale.pk}",
        "/api/v1/addresses",
        f"/api/v1/addresses/{address.pk}",
        "/api/docs/",
    ):
        page(browser, url)


def test_names_of_countries_follow_the_language(browser: Client) -> None:
    answer = browser.get("/api/v1/addresses", headers={"accept-language": "fr"})
    assert re.search(r'<option value="DE"\s*>Allemagne</option>', answer.content.decode())
