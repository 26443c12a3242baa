"""The Django admin: what it shows, and that its changes go through the services."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from rest_framework.test import APIClient

from accounts.models import Account
from chassis.identity.models import User
from keys.models import SigningKey
from keys.services import promote_due_key, publish_next_key
from logins.models import RefreshFamily
from logins.services import log_in
from sellers.models import SellerProfile
from sellers.services import save_profile
from service_accounts.models import ServiceAccount
from service_accounts.services import save_service_account
from tests.conftest import make_account
from tests.people import EMAIL, PASSWORD

ACCOUNTS = "/admin/accounts/account/"


def act(client: APIClient, url: str, action: str, *rows: Any) -> Any:
    body = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(url, body, format="multipart", follow=True)


def form(client: APIClient, url: str, **values: Any) -> Any:
    return client.post(url, values, format="multipart")


@pytest.fixture
def everything(buyer: Account) -> None:
    log_in(email=EMAIL, password=PASSWORD)
    save_profile(account_id=buyer.pk, name="Acacia", slug="acacia")
    save_service_account(client_id="aggregator", scopes=["a.b"], secret="x" * 40)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "accounts/account/",
        "accounts/account/add/",
        "accounts/account/?q=ada",
        "accounts/account/?role=buyer&verified=yes&is_active__exact=1&language__exact=en",
        "accounts/account/?verified=no",
        "sellers/sellerprofile/",
        "sellers/sellerprofile/add/",
        "keys/signingkey/",
        "service_accounts/serviceaccount/",
        "logins/refreshfamily/?q=ada",
        "logins/refreshfamily/?revocation_reason__exact=reuse",
        "jobs/job/",
        "identity/user/",
    ],
)
def test_pages_open_for_admins_and_nobody_else(admin_client: APIClient, everything: None, path: str) -> None:
    assert admin_client.get(f"/admin/{path}").status_code == 200
    assert APIClient().get(f"/admin/{path}").status_code == 302
    person = User.objects.create(username="someone", roles=["buyer", "seller"])
    client = APIClient()
    client.force_login(person, backend="logins.backends.OwnAccountBackend")
    assert client.get(f"/admin/{path}").status_code == 302


@pytest.mark.parametrize(
    ("url", "model"),
    [
        (ACCOUNTS, Account),
        ("/admin/sellers/sellerprofile/", SellerProfile),
        ("/admin/keys/signingkey/", SigningKey),
        ("/admin/service_accounts/serviceaccount/", ServiceAccount),
        ("/admin/logins/refreshfamily/", RefreshFamily),
    ],
)
def test_no_page_shows_a_secret(admin_client: APIClient, everything: None, url: str, model: Any) -> None:
    row = model.objects.first()
    page = admin_client.get(f"{url}{row.pk}/change/")
    assert page.status_code == 200
    shown = page.content.decode() + admin_client.get(url).content.decode()
    secrets = [getattr(row, name, "") for name in ("password", "private_key", "secret_digest", "secret_salt", "digest")]
    assert not [secret for secret in secrets if secret and secret in shown]
    assert admin_client.get(f"{url}{row.pk}/delete/").status_code == 403


def test_lists_cost_the_same_however_long(
    admin_client: APIClient, everything: None, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        account = make_account(f"more{number}@example.com")
        save_profile(account_id=account.pk, name=f"Shop {number}", slug=f"shop-{number}")
        log_in(email=account.email, password=PASSWORD)
    for url in (ACCOUNTS, "/admin/sellers/sellerprofile/", "/admin/logins/refreshfamily/"):
        with django_assert_max_num_queries(5):
            assert admin_client.get(url).status_code == 200


def test_an_admin_finds_an_account_by_address_name_or_role(admin_client: APIClient, buyer: Account) -> None:
    make_account("seller@example.com", roles=["seller"], verified=False)
    for query in ("q=ada%40", "role=buyer", "verified=yes&role=buyer"):
        page = admin_client.get(f"{ACCOUNTS}?{query}").content.decode()
        assert (EMAIL in page, "seller@example.com" in page) == (True, False)


def test_lists_are_searched_by_ids(admin_client: APIClient, everything: None, buyer: Account) -> None:
    family, profile = RefreshFamily.objects.get(), SellerProfile.objects.get()
    log_in(email=make_account("other@example.com").email, password=PASSWORD)
    for url, term in (
        (ACCOUNTS, buyer.pk),
        ("/admin/logins/refreshfamily/", family.pk),
        ("/admin/logins/refreshfamily/", buyer.pk),
        ("/admin/sellers/sellerprofile/", profile.pk),
        ("/admin/keys/signingkey/", SigningKey.objects.get().pk),
        ("/admin/service_accounts/serviceaccount/", ServiceAccount.objects.get().pk),
    ):
        assert admin_client.get(url, {"q": str(term)}).context["cl"].result_count == 1, (url, term)
        assert admin_client.get(url, {"q": str(uuid.uuid4())}).context["cl"].result_count == 0


def test_an_admin_edits_name_language_and_roles_alone(admin_client: APIClient, buyer: Account) -> None:
    shadow = User.objects.create(id=buyer.pk, username=str(buyer.pk), email=EMAIL, roles=["buyer"])
    answer = form(
        admin_client,
        f"{ACCOUNTS}{buyer.pk}/change/",
        full_name="Ada King",
        language="fr",
        roles=["seller", "buyer"],
        email="other@example.com",
        is_active="",
        password="",
    )
    assert answer.status_code == 302, answer.content
    kept = Account.objects.get(pk=buyer.pk)
    assert (kept.full_name, kept.language, kept.roles) == ("Ada King", "fr", ["buyer", "seller"])
    assert (kept.email, kept.is_active, kept.password) == (EMAIL, True, buyer.password)
    shadow.refresh_from_db()
    assert (shadow.roles, shadow.language) == (["buyer", "seller"], "fr")


def test_an_account_keeps_a_role(admin_client: APIClient, buyer: Account) -> None:
    answer = form(admin_client, f"{ACCOUNTS}{buyer.pk}/change/", full_name="Ada King", language="fr")
    assert answer.status_code == 200
    assert Account.objects.get(pk=buyer.pk).full_name == "Ada Lovelace"


def test_an_admin_opens_an_account(admin_client: APIClient, run_jobs: Callable[[], int]) -> None:
    values = {"email": "New@Example.com", "full_name": "Nils", "language": "en", "roles": ["seller"]}
    answer = form(admin_client, f"{ACCOUNTS}add/", **values, first_password=PASSWORD)
    assert answer.status_code == 302, answer.content
    account = Account.objects.get(email="new@example.com")
    assert (account.roles, account.email_verified_at) == (["seller"], None)
    run_jobs()
    assert mail.outbox[-1].to == ["new@example.com"]
    assert log_in(email="new@example.com", password=PASSWORD).expires_in == 600
    again = form(admin_client, f"{ACCOUNTS}add/", **values, first_password=PASSWORD)
    assert again.status_code == 200
    assert "There is an account with this address already." in again.content.decode()
    weak = form(admin_client, f"{ACCOUNTS}add/", **{**values, "email": "b@example.com"}, first_password="short")
    assert weak.status_code == 200
    assert Account.objects.count() == 2


def test_verification_is_sent_again_to_those_who_wait_for_it(
    admin_client: APIClient, buyer: Account, run_jobs: Callable[[], int]
) -> None:
    waiting = make_account("new@example.com", verified=False, language="fr")
    run_jobs()
    mail.outbox.clear()
    act(admin_client, ACCOUNTS, "resend_verification", buyer, waiting)
    run_jobs()
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["new@example.com"], "Merci de confirmer votre adresse e-mail")
    ]


def test_accounts_are_deactivated_and_activated(admin_client: APIClient, buyer: Account) -> None:
    log_in(email=EMAIL, password=PASSWORD)
    shadow = User.objects.create(id=buyer.pk, username=str(buyer.pk), email=EMAIL, roles=["buyer"])
    page = act(admin_client, ACCOUNTS, "deactivate", buyer)
    assert "Deactivated: 1" in page.content.decode()
    buyer.refresh_from_db()
    shadow.refresh_from_db()
    assert (buyer.is_active, shadow.is_active) == (False, False)
    assert RefreshFamily.objects.get().revocation_reason == "deactivation"
    act(admin_client, ACCOUNTS, "activate", buyer)
    buyer.refresh_from_db()
    shadow.refresh_from_db()
    assert (buyer.is_active, shadow.is_active) == (True, True)


def test_a_session_of_this_service_ends_with_its_account(admin_client: APIClient) -> None:
    act(admin_client, ACCOUNTS, "deactivate", Account.objects.get(email="admin@example.com"))
    assert admin_client.get(ACCOUNTS).status_code == 302


def test_a_seller_gets_a_profile_which_can_be_changed(admin_client: APIClient, buyer: Account) -> None:
    url = "/admin/sellers/sellerprofile/"
    answer = form(admin_client, f"{url}add/", account=str(buyer.pk), name="Acacia", slug="acacia")
    assert answer.status_code == 302, answer.content
    answer = form(admin_client, f"{url}{buyer.pk}/change/", name="Maple & Co", slug="maple")
    assert answer.status_code == 302, answer.content
    profile = SellerProfile.objects.get()
    assert (profile.pk, profile.name, profile.slug) == (buyer.pk, "Maple & Co", "maple")


def test_a_rotation_is_begun_from_the_admin(admin_client: APIClient, signing_key: SigningKey) -> None:
    page = act(admin_client, "/admin/keys/signingkey/", "rotate", signing_key)
    waiting = publish_next_key()
    assert f"Key {waiting.kid} is published" in page.content.decode()
    assert promote_due_key() is None
    assert SigningKey.objects.count() == 2


def test_keys_cannot_be_edited(admin_client: APIClient, signing_key: SigningKey) -> None:
    url = "/admin/keys/signingkey/"
    assert form(admin_client, f"{url}{signing_key.pk}/change/", state="retired").status_code == 403
    assert admin_client.get(f"{url}add/").status_code == 403
    signing_key.refresh_from_db()
    assert signing_key.state == "signing"


def test_a_services_scopes_are_edited_and_its_secret_stays(admin_client: APIClient, everything: None) -> None:
    service = ServiceAccount.objects.get()
    url = f"/admin/service_accounts/serviceaccount/{service.pk}/change/"
    assert form(admin_client, url, scopes="orders.checkout,a.b").status_code == 302
    changed = ServiceAccount.objects.get()
    assert (changed.scopes, changed.is_active) == (["a.b", "orders.checkout"], False)
    assert changed.secret_digest == service.secret_digest
    assert form(admin_client, url, scopes="Admin").status_code == 200
    assert ServiceAccount.objects.get().scopes == ["a.b", "orders.checkout"]


def test_logins_are_revoked_from_the_admin(admin_client: APIClient, everything: None) -> None:
    family = RefreshFamily.objects.get()
    page = act(admin_client, "/admin/logins/refreshfamily/", "revoke", family)
    assert "Revoked: 1" in page.content.decode()
    assert RefreshFamily.objects.get().revocation_reason == "admin"
