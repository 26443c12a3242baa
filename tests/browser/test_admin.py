"""An admin at work in the Django admin of each service."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from local import demo_accounts
from tests.browser.conftest import Entrance, Purchase
from tests.browser.visitor import Visitor
from tests.shop import PASSWORD, Item, Shop, fresh_email

NAMES = ["aggregator", "auth", "inventory", "orders", "payment"]
OTHER_FILTERS = "#changelist-filter li:not(.selected) a"


def search(visitor: Visitor, words: str) -> None:
    visitor.page.locator("#searchbar").fill(words)
    visitor.click(visitor.page.get_by_role("button", name="Search"))


def listed(visitor: Visitor) -> int:
    return visitor.page.locator("#result_list tbody tr").count()


def act(visitor: Visitor, action: str) -> None:
    """Ticks the first row and runs an action on it."""
    visitor.page.locator("#result_list input[name=_selected_action]").first.check()
    visitor.page.locator("select[name=action]").first.select_option(label=action)
    visitor.click(visitor.page.get_by_role("button", name="Go").first)


def save(visitor: Visitor) -> None:
    visitor.click("input[name=_save]")


def told(visitor: Visitor, text: str | re.Pattern[str]) -> None:
    expect(visitor.page.locator(".messagelist")).to_contain_text(text)


def fields_to_fill_in(visitor: Visitor) -> set[str]:
    """The names of what a form lets one change."""
    inputs = visitor.page.locator(
        "#content-main form [name]:is(input, select, textarea):not([type=hidden], [type=submit])"
    )
    return {str(each.get_attribute("name")) for each in inputs.all()}


@pytest.mark.parametrize("service", NAMES)
def test_every_list_of_every_admin_opens_sorts_searches_filters_and_shows_a_row(
    admin: Visitor, past: Purchase, service: str
) -> None:
    admin.open(service, "/admin/")
    links = admin.page.locator("#content-main th[scope=row] a").all()
    lists = [str(link.get_attribute("href")) for link in links]
    assert len(lists) >= 3
    for address in lists:
        admin.open(service, address)
        there = listed(admin)
        rows = admin.page.locator("#result_list tbody th a")
        row = rows.first.get_attribute("href") if there else None
        assert row or address.endswith("/jobs/job/"), f"{service} has no row at {address} to look at"
        for header in admin.page.locator("th.sortable .text a").all():
            assert admin.reads(service, f"{address}{header.get_attribute('href')}") == 200
        if admin.page.locator(OTHER_FILTERS).count():
            admin.click(admin.page.locator(OTHER_FILTERS).last)
        search(admin, f"nothing is called {uuid.uuid4().hex}")
        assert listed(admin) == 0
        if row:
            admin.open(service, row)
            expect(admin.page.locator("#content form, #content .readonly").first).to_be_visible()


def test_an_admin_finds_an_account_and_changes_its_name(admin: Visitor, shop: Shop) -> None:
    admin.open("auth", "/admin/accounts/account/")
    admin.click(admin.page.get_by_role("link", name="Buyer", exact=True))
    search(admin, "buyer142")
    assert listed(admin) == 1
    admin.click(admin.page.get_by_role("link", name="buyer142@demo.test"))
    assert fields_to_fill_in(admin) == {"full_name", "language", "roles"}
    admin.page.get_by_label("Full name").fill("Renamed By An Admin")
    save(admin)
    told(admin, "was changed successfully")
    buyer = shop.person(next(a for a in demo_accounts.buyers() if a.email == "buyer142@demo.test"))
    assert buyer.api.expect("GET", "/accounts/me", 200)["full_name"] == "Renamed By An Admin"
    admin.click(admin.page.get_by_role("link", name="buyer142@demo.test").last)
    admin.click(admin.page.get_by_role("link", name="History"))
    expect(admin.page.locator("#change-history")).to_contain_text("admin@demo.test")


def test_an_admin_adds_an_account_shuts_it_out_and_lets_it_in_again(admin: Visitor, shop: Shop) -> None:
    address = fresh_email()
    admin.open("auth", "/admin/accounts/account/")
    admin.click(admin.page.get_by_role("link", name="Add account"))
    admin.page.get_by_label("Email").fill(address)
    admin.page.get_by_label("Password").fill("short")
    admin.page.get_by_label("Full name").fill("Grace Hopper")
    admin.page.get_by_label("Buyer").check()
    save(admin)
    expect(admin.page.locator(".errorlist").first).to_contain_text("too short")
    admin.page.get_by_label("Password").fill(PASSWORD)
    save(admin)
    told(admin, "was added successfully")

    def login_answers() -> int:
        return shop.anonymous.call("POST", "/auth/token", json={"email": address, "password": PASSWORD}).status_code

    assert login_answers() == 200
    for action, message, answer in (
        ("Deactivate: sign out and shut out", "Deactivated: 1", 401),
        ("Activate: let in again", "Activated: 1", 200),
    ):
        admin.open("auth", "/admin/accounts/account/")
        search(admin, address)
        act(admin, action)
        told(admin, message)
        assert login_answers() == answer


def test_an_admin_renames_a_seller(admin: Visitor, shop: Shop) -> None:
    admin.open("auth", "/admin/sellers/sellerprofile/")
    search(admin, "seller5@demo.test")
    admin.click(admin.page.locator("#result_list tbody th a"))
    admin.page.get_by_label("Name").fill("Papeterie Dumont et Fille")
    save(admin)
    told(admin, "was changed successfully")
    profile = shop.api("auth").expect("GET", f"/sellers/{demo_accounts.sellers()[4].id}", 200)
    assert profile["name"] == "Papeterie Dumont et Fille"


def test_an_admin_adds_a_category_below_another_and_renames_it(admin: Visitor, shop: Shop) -> None:
    name = f"Teapots {uuid.uuid4().hex[:6]}"
    admin.open("inventory", "/admin/catalogue/category/")
    admin.click(admin.page.get_by_role("link", name="Add category"))
    admin.page.locator("#id_name").press_sequentially(name)
    expect(admin.page.locator("#id_slug")).to_have_value(name.lower().replace(" ", "-"))
    admin.page.get_by_label("Parent").select_option(index=1)
    save(admin)
    told(admin, "was added successfully")
    search(admin, name)
    admin.click(admin.page.get_by_role("link", name=name).last)
    admin.page.locator("#id_name").fill(f"{name} and kettles")
    save(admin)
    told(admin, "was changed successfully")
    categories = shop.anonymous.expect("GET", "/categories", 200)["results"]
    (added,) = [category for category in categories if category["name"] == f"{name} and kettles"]
    assert added["parent"] is not None


def test_a_category_that_holds_products_is_not_deleted(admin: Visitor, shop: Shop) -> None:
    admin.open("inventory", "/admin/catalogue/category/")
    before = shop.anonymous.expect("GET", "/categories", 200)
    act(admin, "Delete selected categories")
    expect(admin.page.locator("#content h1")).to_have_text("Cannot delete category")
    assert shop.anonymous.expect("GET", "/categories", 200) == before


def test_an_admin_changes_a_products_title_and_takes_it_off_sale(admin: Visitor, shop: Shop) -> None:
    title = f"Walnut Spoon {uuid.uuid4().hex[:6]}"
    item = shop.item(title=title)
    product = f"/products/{item.product}"
    admin.open("inventory", "/admin/catalogue/product/")
    search(admin, title)
    admin.click(admin.page.get_by_role("link", name=title))
    assert fields_to_fill_in(admin) == {"title", "category", "description"}
    admin.page.get_by_label("Title").fill(f"{title}, large")
    save(admin)
    told(admin, "was changed successfully")
    assert shop.anonymous.expect("GET", product, 200)["title"] == f"{title}, large"
    for action, message, answer in (("Take back to draft", "Unpublished: 1", 404), ("Publish", "Published: 1", 200)):
        admin.open("inventory", "/admin/catalogue/product/")
        search(admin, title)
        act(admin, action)
        told(admin, message)
        assert shop.anonymous.call("GET", product).status_code == answer


def test_an_admin_changes_a_price(admin: Visitor, shop: Shop) -> None:
    title = f"Walnut Fork {uuid.uuid4().hex[:6]}"
    item = shop.item(title=title, price=1000)
    admin.open("inventory", "/admin/catalogue/variant/")
    search(admin, title)
    act(admin, "Change price")
    admin.page.get_by_label("Price").fill("1250")
    admin.click(admin.page.get_by_role("button", name="Apply"))
    told(admin, "Change price (price 1250): 1")
    (variant,) = shop.anonymous.expect("GET", f"/products/{item.product}", 200)["variants"]
    assert variant["price"] == {"amount": 1250, "currency": "EUR"}
    search(admin, title)
    admin.click(admin.page.locator("#result_list tbody th a"))
    assert fields_to_fill_in(admin) == {"title", "position"}


def test_an_admin_changes_stock_by_a_movement_only(admin: Visitor, shop: Shop) -> None:
    title = f"Walnut Knife {uuid.uuid4().hex[:6]}"
    item = shop.item(title=title, stock=5)

    def move(delta: str) -> None:
        admin.open("inventory", "/admin/stock/stocklevel/")
        search(admin, title)
        act(admin, "Record a movement")
        expect(admin.page.locator("#content")).to_contain_text("T-")
        admin.page.get_by_label("Delta").fill(delta)
        admin.page.get_by_label("Reason").select_option("correction")
        admin.click(admin.page.get_by_role("button", name="Apply"))

    move("7")
    told(admin, "Record a movement (delta 7, reason correction): 1")
    assert shop.available(item) == 12
    move("-13")
    expect(admin.page.locator(".messagelist .error")).to_be_visible()
    assert shop.available(item) == 12
    search(admin, title)
    admin.click(admin.page.locator("#result_list tbody th a"))
    assert fields_to_fill_in(admin) == set()


def test_an_admin_sees_an_order_and_changes_only_where_its_mails_go(
    admin: Visitor, shop: Shop, purchase: Purchase
) -> None:
    reference = purchase.order["reference"]
    admin.open("orders", "/admin/orders/order/")
    search(admin, reference)
    assert listed(admin) == 1
    admin.click(admin.page.get_by_role("link", name=reference))
    assert fields_to_fill_in(admin) == {"buyer_email", "buyer_language"}
    shown = admin.text()
    assert all(text in shown for text in ("Confirmed", "€60.50", "Blue Enamel Mug", "Oak Bread Board"))
    lines = ["Ada Lovelace", "12 rue des Lilas", "75011", "Paris", "FR"]
    expect(admin.page.locator(".field-address .readonly div")).to_have_text(lines)
    admin.page.get_by_label("Buyer email").fill("elsewhere@example.com")
    save(admin)
    told(admin, "was changed successfully")
    search(admin, "elsewhere@example.com")
    assert listed(admin) >= 1
    admin.open("orders", "/admin/orders/sellerorder/")
    search(admin, purchase.order["id"])
    assert listed(admin) == 2
    admin.click(admin.page.locator("#result_list tbody th a").first)
    assert fields_to_fill_in(admin) == set()


def test_an_admin_corrects_an_address(admin: Visitor, shop: Shop) -> None:
    buyer = shop.buyer()
    address = buyer.address()
    admin.open("orders", "/admin/addresses/address/")
    search(admin, address)
    admin.click(admin.page.locator("#result_list tbody th a"))
    admin.page.get_by_label("City").fill("Nantes")
    save(admin)
    told(admin, "was changed successfully")
    assert buyer.api.expect("GET", f"/addresses/{address}", 200)["city"] == "Nantes"


def test_an_admin_refunds_a_payment_once(admin: Visitor, shop: Shop, purchase: Purchase) -> None:
    admin.open("payment", "/admin/payments/payment/")
    search(admin, purchase.order["id"])
    assert listed(admin) == 1
    act(admin, "Refund in full")
    expect(admin.page.locator("#content")).to_contain_text("60.50 EUR")
    admin.page.get_by_label("Reason").fill("The buyer changed their mind")
    admin.click(admin.page.get_by_role("button", name="Refund"))
    told(admin, "refund of 60.50 EUR succeeded")
    payments = shop.api("payment", login=purchase.buyer.login)
    payment = payments.expect("GET", f"/payments/{purchase.payment}", 200)
    assert (payment["state"], payment["refunded"]["amount"]) == ("captured", 6050)
    search(admin, purchase.payment)
    act(admin, "Refund in full")
    told(admin, "None of these payments has anything to refund.")
    admin.click(admin.page.locator("#result_list tbody th a"))
    assert fields_to_fill_in(admin) == set()
    expect(admin.page.locator("#refunds-group")).to_contain_text("The buyer changed their mind")


def test_an_admin_follows_a_checkout_and_changes_nothing_of_it(admin: Visitor, purchase: Purchase) -> None:
    admin.open("aggregator", "/admin/sagas/saga/")
    search(admin, purchase.buyer.id)
    assert listed(admin) >= 1
    act(admin, "Try stuck sagas again")
    told(admin, "0 sagas will be tried again.")
    admin.click(admin.page.locator("#result_list tbody th a").first)
    assert fields_to_fill_in(admin) == set()
    expect(admin.page.locator(".field-state .readonly").first).to_have_text("Completed")


def test_an_admin_sees_what_was_asked_of_the_worker(admin: Visitor, purchase: Purchase) -> None:
    admin.open("orders", "/admin/jobs/job/")
    act(admin, "Run again")
    told(admin, "0 jobs will run again.")
    admin.click(admin.page.locator("#result_list tbody th a").first)
    assert fields_to_fill_in(admin) == set()


@pytest.mark.parametrize("service", ["auth", "aggregator", "orders"])  # each checks passwords in another way
def test_wrong_passwords_and_people_who_are_no_admins_are_told_so(visitor: Visitor, service: str) -> None:
    visitor.open(service, "/admin/")
    visitor.fill_in_login("admin@demo.test", "not the password")
    expect(visitor.page.locator(".errornote")).to_have_text("No account has this e-mail address and password.")
    visitor.fill_in_login("buyer003@demo.test", demo_accounts.PASSWORD)
    expect(visitor.page.locator(".errornote")).to_have_text("Only admins may enter here, and this account is none.")
    assert visitor.path() == "/admin/login/"


def test_an_admin_comes_to_the_page_asked_for_and_leaves(visitor: Visitor) -> None:
    visitor.open("orders", "/admin/orders/order/")
    assert visitor.path() == "/admin/login/"
    visitor.fill_in_login("admin@demo.test", demo_accounts.PASSWORD)
    assert visitor.path() == "/admin/orders/order/"
    visitor.click(visitor.page.get_by_role("button", name="Log out"))
    expect(visitor.page.locator("#content")).to_contain_text("Thanks for spending some quality time")
    visitor.open("orders", "/admin/orders/order/")
    assert visitor.path() == "/admin/login/"


def test_one_browser_stays_logged_in_at_all_services_side_by_side(admin: Visitor) -> None:
    for service in NAMES:
        admin.open(service, "/admin/")
        expect(admin.page.locator("#user-tools")).to_contain_text("admin@demo.test", ignore_case=True)


def test_the_admin_speaks_french_to_a_french_browser(enter: Entrance) -> None:
    visitor = enter(language="fr")
    visitor.open("orders", "/admin/")
    expect(visitor.page.locator("label").first).to_have_text("Adresse e-mail :")
    expect(visitor.page.locator("label").last).to_have_text("Mot de passe :")


def test_the_break_glass_superuser_enters_while_nobody_else_can(enter: Entrance, shop: Shop, admin: Visitor) -> None:
    password = uuid.uuid4().hex
    shop.platform.manage(
        *("orders", "createsuperuser", "--no-input", "--username", "breakglass"),
        environment={"DJANGO_SUPERUSER_PASSWORD": password},
    )
    shop.platform.stop_service("auth")
    try:
        stranger = enter()
        stranger.open("orders", "/admin/")
        stranger.fill_in_login("admin@demo.test", demo_accounts.PASSWORD)
        expect(stranger.page.locator(".errornote")).to_contain_text("cannot be reached right now")
        stranger.fill_in_login("breakglass", password)
        expect(stranger.page.locator("#user-tools")).to_contain_text("breakglass", ignore_case=True)
        stranger.open("orders", "/admin/orders/order/")
        admin.open("orders", "/admin/orders/order/")  # who was in before stays in
    finally:
        shop.platform.start_service("auth")


def test_a_seller_is_no_admin_even_when_logged_in(enter: Entrance, items: tuple[Item, Item]) -> None:
    seller = enter()
    seller.log_in("inventory", "seller1@demo.test", page="/api/v1/seller/products")
    seller.open("inventory", "/admin/catalogue/product/")
    assert seller.path() == "/admin/login/"
