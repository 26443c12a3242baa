"""What people do in the browser: sellers in the browsable API, admins in the admin."""

import re
import uuid
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from catalogue.models import Category, Product, Variant
from chassis.identity.models import User
from stock.models import StockMovement
from tests.factories import level_of, make_cart, make_category, make_product, make_variant, reserve

pytestmark = pytest.mark.django_db


def signed_in(*roles: str) -> tuple[Client, User]:
    account = uuid.uuid4()
    user = User.objects.create(id=account, username=str(account), email="someone@example.com", roles=list(roles))
    browser = Client(headers={"accept": "text/html"})
    browser.force_login(user, backend="chassis.identity.backends.AccountBackend")
    return browser, user


@pytest.fixture
def admin() -> Client:
    return signed_in("admin")[0]


def form_fields(page: str) -> set[str]:
    return set(re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', page))


def test_a_seller_adds_a_product_a_variant_and_stock_in_the_browser() -> None:
    browser, seller = signed_in("buyer", "seller")
    make_category("mugs")
    page = browser.get("/api/v1/seller/products").content.decode()
    assert "<form" in page
    assert {"category", "title", "description", "state"} <= form_fields(page)
    assert '<option value="mugs"' in page

    form = {"category": "mugs", "title": "Mug", "description": "", "state": "published", "seller": ""}
    assert browser.post("/api/v1/seller/products", form).status_code == 201
    product = Product.objects.get()
    assert (product.seller, product.title, product.state) == (seller.pk, "Mug", "published")

    page = browser.get("/api/v1/seller/variants").content.decode()
    assert {"product", "sku", "title", "options", "price_amount", "position"} <= form_fields(page)
    assert f'<option value="{product.pk}"' in page
    form = {"product": str(product.pk), "sku": "A", "title": "Blue", "price_amount": "1999", "position": ""}
    for sku, options in (("A", '{"size": "M"}'), ("B", ""), ("C", "{}")):
        answer = browser.post("/api/v1/seller/variants", form | {"sku": sku, "options": options})
        assert answer.status_code == 201, answer.content.decode()
    variant = Variant.objects.get(sku="A")
    assert (variant.options, variant.price_amount, Variant.objects.get(sku="B").options) == ({"size": "M"}, 1999, {})

    movements = f"/api/v1/seller/variants/{variant.pk}/movements"
    assert {"delta", "reason"} <= form_fields(browser.get(movements).content.decode())
    assert browser.post(movements, {"delta": "5", "reason": "receipt"}).status_code == 201
    assert level_of(variant) == (5, 0)


def test_a_refused_form_is_shown_again_with_the_reason() -> None:
    browser, _seller = signed_in("seller")
    make_category("mugs")
    answer = browser.post("/api/v1/seller/products", {"category": "mugs", "title": ""})
    assert answer.status_code == 400
    assert "<form" in answer.content.decode()
    assert Product.objects.count() == 0


def test_a_seller_changes_things_in_the_browser() -> None:
    browser, seller = signed_in("seller")
    variant = make_variant(product=make_product(seller=seller.pk))
    product_url = f"/api/v1/seller/products/{variant.product_id}"
    variant_url = f"/api/v1/seller/variants/{variant.pk}"
    page = browser.get(product_url).content.decode()
    assert {"category", "title", "description"} <= form_fields(page)
    assert 'value="Stoneware mug"' in page
    page = browser.get(variant_url).content.decode()
    assert {"sku", "title", "options", "price_amount", "position"} <= form_fields(page)
    # The page sends the form by JavaScript, as multipart PUT.
    multipart: Any = {"content_type": "multipart/form-data; boundary=x"}
    fields = {"sku": "NEW", "title": "Red", "options": '{"colour": "red"}', "price_amount": "999", "position": "3"}
    body = "".join(f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
    assert browser.put(variant_url, body + "--x--\r\n", **multipart).status_code == 200
    variant.refresh_from_db()
    assert (variant.sku, variant.options, variant.price_amount) == ("NEW", {"colour": "red"}, 999)


@pytest.mark.parametrize("path", ["/products", "/categories", "/seller/products", "/seller/variants"])
def test_lists_are_shown_in_the_browser(path: str) -> None:
    browser, seller = signed_in("seller")
    make_variant(product=make_product(seller=seller.pk))
    answer = browser.get(f"/api/v1{path}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_carts_are_opened_in_the_browser() -> None:
    browser, _buyer = signed_in("buyer")
    cart = make_cart((make_variant(), 1))
    assert browser.get(f"/api/v1/carts/{cart.pk}").status_code == 200
    assert browser.post("/api/v1/carts", {}).status_code == 201


@pytest.mark.parametrize(
    "page",
    [
        "catalogue/category",
        "catalogue/product",
        "catalogue/variant",
        "carts/cart",
        "stock/stocklevel",
        "stock/stockmovement",
        "stock/reservation",
    ],
)
def test_admin_lists_and_pages_are_shown(admin: Client, page: str, django_assert_max_num_queries: Any) -> None:
    for number in range(4):
        variant = make_variant(product=make_product(title=f"Mug {number}"))
        cart = make_cart((variant, 1), (make_variant(), 1))
        reservation = reserve(cart)
    rows: dict[str, Any] = {
        "catalogue/category": variant.product.category_id,
        "catalogue/product": variant.product_id,
        "catalogue/variant": variant.pk,
        "carts/cart": cart.pk,
        "stock/stocklevel": variant.pk,
        "stock/stockmovement": StockMovement.objects.filter(level=variant.pk).get().pk,
        "stock/reservation": reservation.pk,
    }
    with django_assert_max_num_queries(6):
        assert admin.get(f"/admin/{page}/").status_code == 200
    for term in ("mug", str(uuid.uuid4())):
        assert admin.get(f"/admin/{page}/", {"q": term}).status_code == 200
    with django_assert_max_num_queries(10):
        answer = admin.get(f"/admin/{page}/{rows[page]}/change/")
    assert answer.status_code == 200


def test_admin_lists_are_searched_by_ids(admin: Client) -> None:
    variant = make_variant()
    cart = make_cart((variant, 1))
    reservation = reserve(cart)
    make_variant(product=make_product(title="Another"))
    product = variant.product
    ids: dict[str, list[Any]] = {
        "catalogue/category": [product.category_id],
        "catalogue/product": [product.pk, product.seller],
        "catalogue/variant": [variant.pk, product.pk, product.seller],
        "carts/cart": [cart.pk, reservation.buyer],
        "stock/stocklevel": [variant.pk, product.pk],
        "stock/stockmovement": [variant.pk],
        "stock/reservation": [reservation.pk, cart.pk, reservation.buyer],
    }
    for page, terms in ids.items():
        for term in terms:
            assert admin.get(f"/admin/{page}/", {"q": str(term)}).context["cl"].result_count == 1, (page, term)
        assert admin.get(f"/admin/{page}/", {"q": str(uuid.uuid4())}).context["cl"].result_count == 0


def test_admin_pages_offer_no_way_past_the_services(admin: Client) -> None:
    variant = make_variant()
    reservation = reserve(make_cart((variant, 1)))
    for page in ("catalogue/product", "catalogue/variant", "stock/stocklevel", "stock/reservation", "carts/cart"):
        assert admin.get(f"/admin/{page}/add/").status_code == 403
    for page, ident in (
        ("catalogue/product", variant.product_id),
        ("catalogue/variant", variant.pk),
        ("stock/stocklevel", variant.pk),
        ("stock/reservation", reservation.pk),
        ("carts/cart", reservation.cart_id),
    ):
        assert admin.post(f"/admin/{page}/{ident}/delete/", {"post": "yes"}).status_code == 403
    admin.post(f"/admin/stock/stocklevel/{variant.pk}/change/", {"on_hand": "99", "reserved": "0"})
    assert level_of(variant) == (10, 1)
    assert admin.post(f"/admin/stock/reservation/{reservation.pk}/change/", {"state": "released"}).status_code == 403


def test_others_do_not_enter_the_admin() -> None:
    browser, _seller = signed_in("buyer", "seller")
    answer = browser.get("/admin/catalogue/product/")
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/")


def test_an_admin_edits_the_tree(admin: Client) -> None:
    home = make_category("home")
    added = admin.post("/admin/catalogue/category/add/", {"name": "Mugs", "slug": "mugs", "parent": str(home.pk)})
    assert added.status_code == 302
    mugs = Category.objects.get(slug="mugs")
    assert mugs.path == "home/mugs/"
    answer = admin.post(
        f"/admin/catalogue/category/{home.pk}/change/", {"name": "Home", "slug": "home", "parent": str(mugs.pk)}
    )
    assert answer.status_code == 200
    assert "A category cannot lie below itself." in answer.content.decode()
    home.refresh_from_db()
    assert home.parent_id is None


def test_an_admin_edits_a_product_but_not_its_state(admin: Client) -> None:
    product = make_product(title="Mug")
    form = {"title": "Tall mug", "category": str(product.category_id), "description": "", "state": "archived"}
    answer = admin.post(f"/admin/catalogue/product/{product.pk}/change/", {**form, **empty_inlines()})
    assert answer.status_code == 302, answer.content.decode()
    product.refresh_from_db()
    assert (product.title, product.state) == ("Tall mug", "published")


def empty_inlines() -> dict[str, str]:
    return {f"{prefix}-{name}_FORMS": "0" for prefix in ("variants", "images") for name in ("TOTAL", "INITIAL")}


def test_an_admin_edits_a_variant_but_not_its_price(admin: Client) -> None:
    variant = make_variant(price=1000)
    form = {"title": "Red", "position": "4", "price_amount": "1", "price": "1"}
    assert admin.post(f"/admin/catalogue/variant/{variant.pk}/change/", form).status_code == 302
    variant.refresh_from_db()
    assert (variant.title, variant.position, variant.price_amount) == ("Red", 4, 1000)


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [("publish", "draft", "published"), ("unpublish", "published", "draft"), ("archive", "published", "archived")],
)
def test_an_admin_moves_products(admin: Client, action: str, before: str, after: str) -> None:
    product = make_product(state=before)
    admin.post("/admin/catalogue/product/", {"action": action, "_selected_action": [str(product.pk)]})
    product.refresh_from_db()
    assert product.state == after
    assert LogEntry.objects.filter(object_id=str(product.pk)).count() == 1


def test_what_is_refused_is_told_to_the_admin(admin: Client) -> None:
    product = make_product()
    chosen = {"_selected_action": [str(product.pk)]}
    admin.post("/admin/catalogue/product/", {"action": "archive", **chosen})
    page = admin.post("/admin/catalogue/product/", {"action": "publish", **chosen}, follow=True).content.decode()
    assert "An archived product can no longer be changed." in page
    product.refresh_from_db()
    assert product.state == "archived"


def test_an_admin_changes_a_price_and_archives(admin: Client) -> None:
    variant = make_variant(price=1000)
    chosen = {"action": "change_price", "_selected_action": [str(variant.pk)]}
    page = admin.post("/admin/catalogue/variant/", chosen).content.decode()
    assert {"price", "answered", "action", "_selected_action"} <= form_fields(page)
    page = admin.post("/admin/catalogue/variant/", {**chosen, "price": "0", "answered": "Apply"}).content.decode()
    assert "greater than or equal to 1" in page
    variant.refresh_from_db()
    assert variant.price_amount == 1000
    admin.post("/admin/catalogue/variant/", {**chosen, "price": "1200", "answered": "Apply"})
    variant.refresh_from_db()
    variant.product.refresh_from_db()
    assert (variant.price_amount, variant.product.price_from) == (1200, 1200)
    admin.post("/admin/catalogue/variant/", {"action": "archive", "_selected_action": [str(variant.pk)]})
    variant.refresh_from_db()
    assert variant.archived_at is not None
    assert admin.get(f"/admin/catalogue/variant/{variant.pk}/change/").status_code == 200


def test_an_admin_records_a_movement(admin: Client) -> None:
    variant = make_variant(stock_of=5)
    reserve(make_cart((variant, 4)))
    chosen = {"action": "record_movement", "_selected_action": [str(variant.pk)]}
    page = admin.post("/admin/stock/stocklevel/", chosen).content.decode()
    assert {"delta", "reason"} <= form_fields(page)
    answered = {**chosen, "reason": "correction", "answered": "Apply"}
    admin.post("/admin/stock/stocklevel/", {**answered, "delta": "-1"})
    assert level_of(variant) == (4, 4)
    page = admin.post("/admin/stock/stocklevel/", {**answered, "delta": "-1"}, follow=True).content.decode()
    assert "So much is reserved for checkouts" in page
    assert level_of(variant) == (4, 4)
    assert StockMovement.objects.filter(reason="correction").get().actor is not None


def test_no_page_of_the_browsable_api_fails_for_anybody() -> None:
    variant = make_variant()
    cart = make_cart((variant, 1))
    paths = [
        "/categories",
        "/products",
        f"/products/{variant.product.slug}",
        "/products?min_price=x",
        "/carts",
        f"/carts/{cart.pk}",
        f"/carts/{cart.pk}/lines/{variant.pk}",
        f"/reservations/{uuid.uuid4()}",
        "/seller/products",
        f"/seller/products/{variant.product_id}",
        f"/seller/products/{variant.product_id}/publish",
        "/seller/variants",
        f"/seller/variants/{variant.pk}",
        f"/seller/variants/{variant.pk}/movements",
    ]
    browsers = [Client(headers={"accept": "text/html"}), *(signed_in(role)[0] for role in ("buyer", "seller", "admin"))]
    for browser in browsers:
        for path in paths:
            assert browser.get(f"/api/v1{path}").status_code in {200, 400, 401, 403, 404, 405}
            assert browser.options(f"/api/v1{path}").status_code in {200, 401, 403, 404}
