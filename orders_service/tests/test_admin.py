"""The admin pages: everything is found, little is edited, states and amounts never."""

import uuid
from typing import Any

import pytest
from django.test import Client

from addresses.models import Address
from chassis.identity.models import User
from deliveries.models import Delivery
from deliveries.services import ship_sale
from orders.models import Order, SellerOrder
from orders.services import confirm_order, redirect_mails, reject_order
from tests.samples import ADDRESS, address_of, confirmed, placed, sale_of

pytestmark = pytest.mark.django_db


def user(*roles: str) -> User:
    ident = uuid.uuid4()
    return User.objects.create(id=ident, username=str(ident), email=f"{ident}@example.com", roles=list(roles))


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(user("admin"), backend="chassis.identity.backends.AccountBackend")
    return client


def shipped() -> Delivery:
    seller = uuid.uuid4()
    return ship_sale(seller=seller, sale_id=sale_of(seller).pk, carrier="DHL", tracking_number="JD01")


def listed(admin: Client, path: str) -> list[Any]:
    answer = admin.get(f"/admin/{path}")
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def test_only_admins_enter(client: Client) -> None:
    client.force_login(user("buyer", "seller"), backend="chassis.identity.backends.AccountBackend")
    assert client.get("/admin/orders/order/").status_code == 302


@pytest.mark.parametrize("term", ["reference", "typed", "email", "id", "buyer"])
def test_an_order_is_found_by_what_people_know(admin: Client, term: str) -> None:
    order = placed()
    other = placed()
    Order.objects.filter(pk=other.pk).update(buyer_email="other@example.com")
    assert order.reference
    typed = {
        "reference": order.reference,
        "typed": order.reference.lower().replace("-", " "),
        "email": "claire@",
        "id": str(order.pk),
        "buyer": str(order.buyer),
    }[term]
    assert listed(admin, f"orders/order/?q={typed}") == [order]


def test_orders_are_filtered_by_state_and_date(admin: Client) -> None:
    pending, firm = placed(), confirmed()
    assert listed(admin, "orders/order/?state__exact=pending") == [pending]
    assert listed(admin, "orders/order/?state__exact=confirmed") == [firm]
    assert listed(admin, "orders/order/?created_at__year=2020") == []
    assert len(listed(admin, "orders/order/")) == 2


def test_an_order_s_page_shows_its_parts_and_saves_only_where_mails_go(admin: Client) -> None:
    order = confirmed(sellers=[uuid.uuid4(), uuid.uuid4()], lines_each=2)
    url = f"/admin/orders/order/{order.pk}/change/"
    page = admin.get(url).content.decode()
    assert "2 × Linen shirt 1 (LIN-1): €39.98" in page
    assert "€159.92" in page
    assert "12 rue des Lilas" in page
    form = {
        "buyer_email": "new@example.com",
        "buyer_language": "fr",
        "state": "cancelled",
        "total_amount": "1",
        "seller_orders-TOTAL_FORMS": "0",
        "seller_orders-INITIAL_FORMS": "0",
    }
    assert admin.post(url, form).status_code == 302
    order.refresh_from_db()
    assert (order.buyer_email, order.buyer_language) == ("new@example.com", "fr")
    assert (order.state, order.total_amount) == ("confirmed", 15992)


def test_an_order_must_keep_an_e_mail(admin: Client) -> None:
    order = placed()
    url = f"/admin/orders/order/{order.pk}/change/"
    answer = admin.post(
        url,
        {
            "buyer_email": "",
            "buyer_language": "fr",
            "seller_orders-TOTAL_FORMS": "0",
            "seller_orders-INITIAL_FORMS": "0",
        },
    )
    assert answer.status_code == 200
    assert Order.objects.get().buyer_email == "claire@example.com"


def test_saving_an_order_s_page_undoes_no_confirmation_made_meanwhile(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = placed()

    def confirm_then_save(**changes: Any) -> None:
        confirm_order(order_id=order.pk)
        redirect_mails(**changes)

    monkeypatch.setattr("orders.admin.redirect_mails", confirm_then_save)
    form = {
        "buyer_email": "new@example.com",
        "buyer_language": "fr",
        "seller_orders-TOTAL_FORMS": "0",
        "seller_orders-INITIAL_FORMS": "0",
    }
    assert admin.post(f"/admin/orders/order/{order.pk}/change/", form).status_code == 302
    order.refresh_from_db()
    assert (order.state, order.buyer_email) == ("confirmed", "new@example.com")


def test_orders_are_neither_added_nor_deleted(admin: Client) -> None:
    order = placed()
    assert admin.get("/admin/orders/order/add/").status_code == 403
    assert admin.post(f"/admin/orders/order/{order.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Order.objects.count() == 1


def test_a_tombstone_has_a_page(admin: Client) -> None:
    order = reject_order(order_id=uuid.uuid4())
    assert listed(admin, "orders/order/") == [order]
    assert "called off" in admin.get(f"/admin/orders/order/{order.pk}/change/").content.decode()


def test_seller_orders_are_shown_with_lines_and_parcels(admin: Client) -> None:
    delivery = shipped()
    sale = delivery.seller_order
    assert listed(admin, f"orders/sellerorder/?q={sale.seller}") == [sale]
    assert listed(admin, f"orders/sellerorder/?q={sale.order.reference}") == [sale]
    assert listed(admin, "orders/sellerorder/?state__exact=to_prepare") == []
    page = admin.get(f"/admin/orders/sellerorder/{sale.pk}/change/").content.decode()
    assert "LIN-0" in page
    assert "JD01" in page
    answer = admin.post(f"/admin/orders/sellerorder/{sale.pk}/change/", {"state": "delivered"})
    assert answer.status_code == 403
    assert SellerOrder.objects.get().state == "shipped"


def test_deliveries_are_shown_with_their_timeline(admin: Client) -> None:
    delivery = shipped()
    assert listed(admin, "deliveries/delivery/?q=JD01") == [delivery]
    assert listed(admin, f"deliveries/delivery/?q={delivery.seller_order_id}") == [delivery]
    assert listed(admin, "deliveries/delivery/?status__exact=delivered") == []
    page = admin.get(f"/admin/deliveries/delivery/{delivery.pk}/change/").content.decode()
    assert "https://www.dhl.com/fr-en/home/tracking.html?tracking-id=JD01" in page
    assert "Info Received" in page


def test_an_address_is_found_added_and_edited(admin: Client) -> None:
    account = uuid.uuid4()
    address = address_of(account)
    address_of(uuid.uuid4(), city="Paris")
    assert listed(admin, f"addresses/address/?q={account}") == [address]
    assert listed(admin, "addresses/address/?q=Lyon") == [address]
    url = f"/admin/addresses/address/{address.pk}/change/"
    assert admin.post(url, {**ADDRESS, "country": "BE", "account_id": str(uuid.uuid4())}).status_code == 302
    address.refresh_from_db()
    assert (address.country, address.account_id) == ("BE", account)
    assert "not one of the available choices" in admin.post(url, {**ADDRESS, "country": "XX"}).content.decode()
    assert admin.post("/admin/addresses/address/add/", {**ADDRESS, "account_id": str(account)}).status_code == 302
    assert Address.objects.filter(account_id=account).count() == 2


@pytest.mark.parametrize("path", ["orders/order/", "orders/sellerorder/", "deliveries/delivery/", "addresses/address/"])
def test_an_admin_list_costs_the_same_however_long(
    admin: Client, path: str, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        shipped()
    with django_assert_max_num_queries(8):
        assert len(listed(admin, path)) == 8


def test_an_order_s_page_costs_the_same_however_many_lines(admin: Client, django_assert_max_num_queries: Any) -> None:
    order = placed(sellers=[uuid.uuid4() for _ in range(4)], lines_each=5)
    with django_assert_max_num_queries(10):
        admin.get(f"/admin/orders/order/{order.pk}/change/")
