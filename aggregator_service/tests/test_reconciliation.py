"""The command that brings services to agreement: what it asks whom, what it writes down, and how it ends."""

import io
import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from chassis.restores.models import Restore
from chassis.testing import ClientFactory
from checkouts.restoration import call_off_as_before, restore_checkout
from checkouts.saga import ORDER, PAYMENT, RESERVATION, checkout_id, fingerprint, part_id
from gateways import audits as audit_gateway
from gateways.models import ServiceToken
from reconciliation import repairs, selectors
from reconciliation import services as reconciliation
from reconciliation.models import Finding
from sagas import engine
from sagas.models import Saga
from tests.conftest import Services, problem
from tests.test_audit import AT, EUR, LISTS, NOTHING, tell
from tests.test_audit import order as audited_order
from tests.test_audit import payment as audited_payment
from tests.test_audit import reservation as audited_reservation
from tests.test_audit import stock as audited_stock
from tests.test_gateways import order, payment

pytestmark = pytest.mark.django_db

BUYER, SELLER, CART, ADDRESS = (uuid.uuid4() for _ in range(4))
SAGA = checkout_id(account_id=BUYER, key="a-key")
ORDER_ID, PAYMENT_ID, RESERVATION_ID = (part_id(SAGA, part) for part in (ORDER, PAYMENT, RESERVATION))
ASKED = {
    "cart": str(CART),
    "shipping_address": str(ADDRESS),
    "payment_method": "pm_card_visa",
    "expected_total": EUR,
}
MEMO = {**ASKED, "cart_version": 3, "checkout": str(SAGA), "buyer": str(BUYER), "language": "fr"}
DECLINED = {**problem("payment_declined", 402), "decline_code": "generic_decline"}
LINE = {
    "variant": str(uuid.uuid4()),
    "product": str(uuid.uuid4()),
    "seller": str(SELLER),
    "title": "Mug",
    "sku": "M",
    "quantity": 2,
    "unit_price": {"amount": 1999, "currency": "EUR"},
    "line_total": EUR,
}
RESTORE = {
    "id": str(uuid.uuid4()),
    "restored_at": AT,
    "recovery_point": "2026-11-22T11:55:00Z",
    "backup": "drill",
    "released_at": None,
    "released_by": "",
    "note": "",
}


@pytest.fixture(autouse=True)
def _reconciler(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RECONCILER_CLIENT_SECRET = "of the reconciler"
    monkeypatch.setattr(audit_gateway, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(engine, "jitter", lambda seconds: 0.0)
    monkeypatch.setattr(repairs, "DRIVE_SECONDS", 0.2)


def remembering(**changes: Any) -> Saga:
    placed = order(id=str(ORDER_ID), total=EUR, seller_orders=[])
    data = {
        **ASKED,
        "cart_version": 3,
        "email": "ada@example.com",
        "language": "fr",
        "currency": "EUR",
        "lines": [LINE],
        "total": EUR,
        "order": {**placed, "confirmed_at": AT},
        "payment": {"captured_at": AT},
    }
    whole: dict[str, Any] = {
        "id": SAGA,
        "kind": "checkout",
        "account_id": BUYER,
        "fingerprint": fingerprint(ASKED),
        "state": "completed",
        "direction": "forward",
        "done": 5,
        "intended": 5,
        "data": data,
        "answer_status": 201,
        "answer_body": json.dumps({"id": str(SAGA), "order": {"id": str(ORDER_ID)}}),
        "deadline_at": timezone.now(),
        "finished_at": timezone.now(),
        **changes,
    }
    return Saga.objects.create(**whole)


@pytest.fixture
def whole(services: Services) -> Services:
    """A platform on which one checkout was completed, and everything agrees."""
    for service, names in LISTS.items():
        for name in [*names, "restores"]:
            tell(services, service, name)
    of_buyer = {"buyer": str(BUYER)}
    tell(services, "orders", "orders", order_row())
    tell(services, "payment", "payments", audited_payment(id=str(PAYMENT_ID), order=str(ORDER_ID), **of_buyer))
    entry = {"reference": "pi_1", "payment": str(PAYMENT_ID), "taken": EUR, "refunded": NOTHING}
    tell(services, "payment", "provider-payments", {**entry, "authorised": NOTHING, "created_at": AT})
    tell(services, "inventory", "reservations", reservation_row())
    tell(services, "inventory", "stock", audited_stock(variant=LINE["variant"]))
    accounts = [{"id": str(ident), "email_verified": True, "awaits_password": False} for ident in (BUYER, SELLER)]
    tell(services, "auth", "accounts", *[{**each, "is_active": True, "created_at": AT} for each in accounts])
    return services


def order_row(**changes: Any) -> dict[str, Any]:
    line = {name: LINE[name] for name in ("variant", "quantity", "unit_price")}
    part = {"id": str(uuid.uuid4()), "seller": str(SELLER), "state": "to_prepare", "lines": [line]}
    return audited_order(id=str(ORDER_ID), buyer=str(BUYER), seller_orders=[part], **changes)


def reservation_row(**changes: Any) -> dict[str, Any]:
    ids = {"id": str(RESERVATION_ID), "buyer": str(BUYER), "cart": str(CART)}
    return audited_reservation(**{**ids, "lines": [LINE], "metadata": MEMO, **changes})


def run(*options: str, since: str | None = "all", err: io.StringIO | None = None) -> tuple[int, dict[str, Any]]:
    """The exit code and the report."""
    out = io.StringIO()
    code = 0
    try:
        asked = [] if since is None else ["--since", since]
        call_command("reconcile", "--json", *asked, *options, stdout=out, stderr=err or io.StringIO())
    except SystemExit as end:
        code = int(str(end.code))
    except CommandError as error:
        code = error.returncode
    return code, json.loads(out.getvalue() or "{}")


def asked(services: Services, method: str) -> list[tuple[str, Any]]:
    """What was asked of all services by that method, but for tokens."""
    return [
        (each.path, each.body)
        for service in ("auth", "inventory", "orders", "payment")
        for each in getattr(services, service).received
        if each.method == method and each.path != "/api/v1/auth/service-token"
    ]


def test_where_all_agree_nothing_is_done(whole: Services) -> None:
    remembering()
    assert run()[0] == 0
    code, report = run("--apply")
    assert (code, report["differences"], report["left"], report["restores"]) == (0, [], [], [])
    assert asked(whole, "PUT") == asked(whole, "POST") == []
    assert not Finding.objects.exists()
    assert ServiceToken.objects.get().client_id == "reconciler"


def test_a_dry_run_says_what_it_would_do_and_does_nothing(whole: Services) -> None:
    remembering()
    tell(whole, "orders", "orders")
    tell(whole, "orders", "restores", RESTORE)
    code, report = run()
    assert (code, report["applied"], report["left"]) == (1, False, [])
    assert report["differences"] == [
        {
            "code": "order_missing",
            "cause": "The order of a checkout that was paid is missing: orders went back to 2026-11-22 11:55:00 UTC.",
            "repair": "restore_order",
            "ids": {"checkout": str(SAGA), "order": str(ORDER_ID)},
        }
    ]
    assert asked(whole, "PUT") == asked(whole, "POST") == []
    assert not Finding.objects.exists()
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("reconcile", "--since", "all", stdout=out, stderr=io.StringIO())
    assert "- orders was restored to 2026-11-22 11:55:00 UTC; it refuses writes until APPLY=1." in out.getvalue()
    assert "## 1 to be repaired (APPLY=1 does)" in out.getvalue()
    assert "## Nothing left to a person" in out.getvalue()


def test_a_service_that_only_waits_is_left_to_do(whole: Services) -> None:
    remembering()
    tell(whole, "orders", "restores", RESTORE)
    code, report = run()
    assert (code, report["differences"], report["left"]) == (1, [], [])
    whole.orders.tell(f"POST /api/v1/restores/{RESTORE['id']}/release", 200, RESTORE)
    assert run("--apply")[0] == 0


def test_a_forgotten_order_is_told_as_its_checkout_remembers_it(whole: Services) -> None:
    remembering()
    tell(whole, "orders", "orders")
    path = f"/api/v1/reconcile/orders/{ORDER_ID}"
    whole.orders.tell(f"PUT {path}", 201, order(id=str(ORDER_ID)))
    code, report = run("--apply")
    (told, *again) = asked(whole, "PUT")
    assert told[0] == path
    assert told[1] == {
        "state": "confirmed",
        "buyer": {"id": str(BUYER), "email": "ada@example.com", "language": "fr"},
        "shipping_address": str(ADDRESS),
        "address": order()["shipping_address"],
        "currency": "EUR",
        "lines": [{name: value for name, value in LINE.items() if name != "line_total"}],
        "seller_orders": [],
        "created_at": "2026-01-01T10:00:00Z",
        "confirmed_at": AT,
    }
    # This service goes on forgetting: what is found again and again is no longer repaired, but left to a person.
    assert set(map(str, again)) == {str(told)}
    assert code == 1
    finding = Finding.objects.get(code="order_missing")
    assert (finding.state, finding.last_error) == ("left", "It was repaired, and is found again.")
    assert [each["code"] for each in report["left"]] == ["order_missing", "sold_differs"]


def test_what_was_repaired_is_written_down_and_the_service_is_released(
    whole: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembering()
    tell(whole, "orders", "orders")
    tell(whole, "orders", "restores", RESTORE)
    whole.orders.tell(f"PUT /api/v1/reconcile/orders/{ORDER_ID}", 201, order(id=str(ORDER_ID)))
    release = f"/api/v1/restores/{RESTORE['id']}/release"
    whole.orders.tell(f"POST {release}", 200, {**RESTORE, "released_at": AT})
    monkeypatch.setattr(reconciliation, "apply", telling(lambda: tell(whole, "orders", "orders", order_row())))
    code, report = run("--apply")
    assert (code, [each["code"] for each in report["differences"]], report["left"]) == (0, ["order_missing"], [])
    finding = Finding.objects.get()
    assert (finding.state, finding.repair, finding.last_error) == ("applied", "restore_order", "")
    assert finding.subject == f"checkout {SAGA}, order {ORDER_ID}"
    note = "reconcile: 1 repaired (1 order_missing), 0 left to a person"
    assert asked(whole, "POST") == [(release, {"note": note})]


def telling(then: Callable[[], None]) -> Callable[[Any], None]:
    """Makes the repair, after which a service knows again."""

    def apply(difference: Any) -> None:
        repairs.apply(difference)
        then()

    return apply


def test_what_was_given_back_of_an_old_payment_is_written_down_again(
    whole: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembering()
    old = {"id": str(uuid.uuid4()), "created_at": "2026-01-01T10:00:00Z", "captured_at": "2026-01-01T10:00:00Z"}
    payments = [audited_payment(id=str(PAYMENT_ID), order=str(ORDER_ID), buyer=str(BUYER))]
    tell(whole, "payment", "payments", *payments, audited_payment(**old))
    entry = {"reference": "pi_1", "payment": str(PAYMENT_ID), "taken": EUR, "refunded": NOTHING, "authorised": NOTHING}
    refunded = {**entry, "reference": "pi_0", "payment": old["id"], "refunded": EUR, "created_at": old["created_at"]}
    tell(whole, "payment", "provider-payments", {**entry, "created_at": AT}, refunded)
    path = f"/api/v1/reconcile/payments/{old['id']}/refunds"
    whole.payment.tell(f"POST {path}", 200, {**payment(str(ORDER_ID), "captured"), "refunded": EUR})
    written = audited_payment(**old, refunded=EUR)
    monkeypatch.setattr(
        reconciliation, "apply", telling(lambda: tell(whole, "payment", "payments", *payments, written))
    )
    code, report = run("--apply", since="2026-11-22")
    assert (code, [each["code"] for each in report["differences"]], report["left"]) == (0, ["refund_missing"], [])
    assert asked(whole, "POST") == [(path, None)]
    reads = [each.query for each in whole.payment.received if each.path == "/api/v1/audit/provider-payments"]
    assert [("refunded_since=" in query, "created_since=" in query) for query in reads] == [
        *[(False, True), (True, False)],
        *[(False, True), (True, False)],
    ]


def test_a_repair_that_is_refused_is_left_to_a_person_and_the_service_is_released(whole: Services) -> None:
    remembering()
    tell(whole, "payment", "payments")
    tell(whole, "payment", "restores", RESTORE)
    path = f"/api/v1/reconcile/payments/{PAYMENT_ID}"
    whole.payment.tell(f"PUT {path}", 409, problem("payment_not_recalled", 409))
    whole.payment.tell(f"POST /api/v1/restores/{RESTORE['id']}/release", 200, {**RESTORE, "released_at": AT})
    code, report = run("--apply")
    assert (code, report["differences"]) == (1, [])
    finding = Finding.objects.get()
    assert (finding.state, finding.last_error) == ("left", "payment_not_recalled: It is payment_not_recalled.")
    assert [path for path, _body in asked(whole, "PUT")] == [path]
    assert len(asked(whole, "POST")) == 1


def test_a_service_that_does_not_answer_a_repair_stays_held(whole: Services) -> None:
    remembering()
    tell(whole, "payment", "payments")
    tell(whole, "payment", "restores", RESTORE)
    whole.payment.tell(f"PUT /api/v1/reconcile/payments/{PAYMENT_ID}", 503, problem("provider_unavailable", 503))
    code, report = run("--apply")
    assert (code, set(report["unread"])) == (2, {"payment"})
    assert asked(whole, "POST") == []
    assert Finding.objects.get().state == "open"


@pytest.mark.parametrize(
    "failure", [Saga.DoesNotExist("It has gone."), OperationalError("the connection is closed"), KeyError("metadata")]
)
def test_whatever_stops_it_is_told_apart_from_what_is_left_to_a_person(
    whole: Services, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(_difference: Any) -> None:
        raise failure

    remembering()
    tell(whole, "orders", "orders")
    tell(whole, "orders", "restores", RESTORE)
    monkeypatch.setattr(reconciliation, "apply", fail)
    code, report = run("--apply")
    assert (code, report) == (2, {"unread": {"aggregator": f"{type(failure).__name__}: {failure}"}})
    assert asked(whole, "POST") == []
    assert Finding.objects.get().state == "open"


RUNNING = {
    "state": "running",
    "direction": "undecided",
    "done": 0,
    "intended": 1,
    "answer_status": None,
    "answer_body": "",
    "finished_at": None,
}


def test_checkouts_that_do_not_come_to_their_end_are_reported_and_counted(
    whole: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that has just died holds this one."""
    monkeypatch.setattr(reconciliation, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(reconciliation, "PAUSE_SECONDS", 0.01)
    leased = {"lease_owner": uuid.uuid4(), "lease_until": timezone.now() + timedelta(minutes=1)}
    remembering(**RUNNING, **leased)
    tell(whole, "payment", "restores", RESTORE)
    release = f"/api/v1/restores/{RESTORE['id']}/release"
    whole.payment.tell(f"POST {release}", 200, {**RESTORE, "released_at": AT})
    code, report = run("--apply")
    assert (code, report["left"], report["undecided"]) == (1, [], [str(SAGA)])
    note = "reconcile: 0 repaired, 0 left to a person, 1 checkouts under way"
    assert asked(whole, "POST") == [(release, {"note": note})]
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("reconcile", "--apply", "--since", "all", stdout=out, stderr=io.StringIO())
    assert "## 1 checkouts are still under way\n\nA worker goes on with them." in out.getvalue()
    assert f"- {SAGA}" in out.getvalue()


def test_a_checkout_that_somebody_else_takes_to_its_end_is_waited_for(
    whole: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    leased = {"lease_owner": uuid.uuid4(), "lease_until": timezone.now() + timedelta(minutes=1)}
    remembering(**RUNNING, **leased)

    def end(_seconds: float) -> None:
        completed = {"state": "completed", "direction": "forward", "done": 5, "intended": 5, "answer_status": 201}
        of_nobody = {"lease_owner": None, "lease_until": None, "version": F("version") + 1}
        Saga.objects.update(**completed, **of_nobody, answer_body="{}", finished_at=timezone.now())

    monkeypatch.setattr(reconciliation, "sleep", end)
    code, report = run("--apply")
    assert (code, report["undecided"]) == (0, [])


def test_without_its_secret_or_beside_another_it_does_not_begin(whole: Services, settings: Settings) -> None:
    remembering()
    settings.RECONCILER_CLIENT_SECRET = ""
    assert run("--apply")[0] == 2
    settings.RECONCILER_CLIENT_SECRET = "of the reconciler"
    other = connection.get_new_connection(connection.get_connection_params())
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [selectors.LOCK])
            assert run("--apply")[0] == 2
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [selectors.LOCK])
    finally:
        other.close()
    assert run("--apply")[0] == 0


def test_the_aggregators_own_restore_is_released_too(whole: Services) -> None:
    remembering()
    now = timezone.now()
    Restore.objects.create(restored_at=now, recovery_point=now)
    code, report = run("--apply")
    assert (code, [each["service"] for each in report["restores"]]) == (0, ["aggregator"])
    restore = Restore.objects.get()
    assert (restore.released_by, restore.note) == ("reconcile", "reconcile: 0 repaired, 0 left to a person")


def test_what_the_audit_finds_besides_is_left_to_a_person_and_settled_once_it_is_gone(whole: Services) -> None:
    remembering()
    tell(whole, "inventory", "stock", audited_stock(variant=LINE["variant"], reserved=1))
    assert run("--apply")[0] == 1
    assert Finding.objects.get().state == "left"
    tell(whole, "inventory", "stock", audited_stock(variant=LINE["variant"]))
    assert run("--apply")[0] == 0
    assert Finding.objects.get().state == "settled"


def left_five_days_ago(services: Services) -> Finding:
    """A checkout of five days ago was paid, its payment says declined, and payment went back to before it."""
    ago = timezone.now() - timedelta(days=5)
    remembering(created_at=ago, finished_at=ago)
    declined = {"state": "declined", "buyer": str(BUYER)}
    tell(services, "payment", "payments", audited_payment(id=str(PAYMENT_ID), order=str(ORDER_ID), **declined))
    tell(services, "payment", "provider-payments")
    restore = {**RESTORE, "recovery_point": (ago - timedelta(hours=2)).isoformat()}
    tell(services, "payment", "restores", restore)
    services.payment.tell(f"POST /api/v1/restores/{RESTORE['id']}/release", 200, {**RESTORE, "released_at": AT})
    code, report = run("--apply", since=None)
    assert (code, [each["code"] for each in report["left"]]) == (1, ["payment_contradicts"])
    tell(services, "payment", "restores")
    return Finding.objects.get()


def test_a_run_that_compares_less_settles_nothing_that_it_did_not_look_at(whole: Services) -> None:
    finding = left_five_days_ago(whole)
    for service, name in (("orders", "orders"), ("payment", "payments"), ("inventory", "reservations")):
        tell(whole, service, name)  # as they answer who asks for what is younger
    for options in ([], ["--apply"]):
        code, report = run(*options, since="24h")
        assert (code, [each["code"] for each in report["left"]]) == (1, ["payment_contradicts"])
        (left,) = report["left"]
        assert left["ids"] == {"checkout": str(SAGA), "payment": str(PAYMENT_ID)}
        assert left["cause"].endswith("UTC, and not looked at by this run.")
        finding.refresh_from_db()
        assert finding.state == "left"
    assert reconciliation.settle(findings=Finding.objects.all()) == 1
    assert run("--apply", since="24h")[0] == 0


def test_by_itself_a_run_looks_again_at_what_was_left_and_settles_what_is_gone(whole: Services) -> None:
    finding = left_five_days_ago(whole)
    code, report = run("--apply", since=None)
    assert (code, [each["code"] for each in report["left"]]) == (1, ["payment_contradicts"])
    finding.refresh_from_db()
    assert finding.state == "left"
    of_buyer = {"buyer": str(BUYER)}
    tell(whole, "payment", "payments", audited_payment(id=str(PAYMENT_ID), order=str(ORDER_ID), **of_buyer))
    entry = {"reference": "pi_1", "payment": str(PAYMENT_ID), "taken": EUR, "refunded": NOTHING}
    tell(whole, "payment", "provider-payments", {**entry, "authorised": NOTHING, "created_at": AT})
    assert run("--apply", since=None)[0] == 0
    finding.refresh_from_db()
    assert finding.state == "settled"


@pytest.mark.parametrize(
    ("asked", "back"), [("90m", timedelta(hours=5)), (None, timedelta(hours=5)), ("7d", timedelta(days=7))]
)
def test_a_service_that_waits_is_compared_as_far_back_as_it_went(
    whole: Services, asked: str | None, back: timedelta
) -> None:
    """Else it would be released with what nobody looked at."""
    went_back = timezone.now() - timedelta(hours=5)
    remembering(created_at=went_back + timedelta(hours=2), finished_at=went_back + timedelta(hours=2))
    tell(whole, "orders", "orders")
    tell(whole, "orders", "restores", {**RESTORE, "recovery_point": went_back.isoformat()})
    err = io.StringIO()
    code, report = run(since=asked, err=err)
    assert (code, [each["code"] for each in report["differences"]]) == (1, ["order_missing"])
    since = datetime.fromisoformat(report["since"])
    assert abs(timezone.now() - back - since) < timedelta(minutes=1)
    assert ("a service went back further than was asked" in err.getvalue()) == (asked == "90m")
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("reconcile", *(["--since", asked] if asked else []), stdout=out, stderr=io.StringIO())
    assert f"- Compared: what began after {since:%Y-%m-%d}" in out.getvalue()


def test_what_is_found_of_everything_is_settled_by_a_run_of_everything(whole: Services) -> None:
    remembering()
    tell(whole, "inventory", "stock", audited_stock(variant=LINE["variant"], reserved=1))
    assert run("--apply")[0] == 1
    tell(whole, "inventory", "stock", audited_stock(variant=LINE["variant"]))
    assert run("--apply", since=None)[0] == 1
    assert Finding.objects.get().state == "left"
    assert run("--apply")[0] == 0
    assert Finding.objects.get().state == "settled"


def test_what_is_too_old_to_have_its_checkout_is_left_until_a_person_settles_it(whole: Services) -> None:
    remembering()
    long_ago = timezone.now() - timedelta(days=31)
    finding = Finding.objects.create(
        code="order_missing", subject="order 1", cause="…", state="left", compared_since=long_ago
    )
    code, report = run("--apply")
    assert (code, [each["ids"] for each in report["left"]]) == (1, [{"order": "1"}])
    finding.refresh_from_db()
    assert finding.state == "left"


def test_logins_that_could_not_be_ended_are_not_settled_once_auth_is_released(whole: Services) -> None:
    remembering()
    Finding.objects.create(
        code="logins_resurrected", subject=f"before {AT}", cause="…", state="left", repair="end_logins"
    )
    assert run("--apply")[0] == 1
    assert Finding.objects.get().state == "left"


def test_what_a_killed_run_found_and_no_other_looked_at_is_left_to_a_person(whole: Services) -> None:
    ago = timezone.now() - timedelta(days=5)
    finding = Finding.objects.create(
        code="order_missing", subject="order 1", cause="…", repair="restore_order", compared_since=ago
    )
    assert run("--apply", since="24h")[0] == 1
    finding.refresh_from_db()
    assert (finding.state, finding.last_error) == ("left", "A run was stopped, and none has looked since.")


def test_what_a_killed_run_had_repaired_is_noted_by_the_next(whole: Services) -> None:
    remembering()
    Finding.objects.create(code="order_missing", subject="order 1", cause="…", repair="restore_order")
    assert run("--apply")[0] == 0
    assert Finding.objects.get().state == "applied"


def test_what_a_person_has_seen_to_is_marked_in_the_admin(whole: Services) -> None:
    finding = Finding.objects.create(code="seller_missing", subject="account 1", cause="…", state="left")
    applied = Finding.objects.create(code="order_missing", subject="order 1", cause="…", state="applied")
    assert reconciliation.settle(findings=Finding.objects.all()) == 1
    finding.refresh_from_db()
    applied.refresh_from_db()
    assert (finding.state, applied.state) == ("settled", "applied")


# Checkouts that were forgotten


def forgotten(**changes: Any) -> bool:
    return restore_checkout(
        memo={**MEMO, **changes}, lines=[LINE], currency="EUR", email="ada@example.com", created_at=timezone.now()
    )


@pytest.fixture
def paid(whole: Services) -> Services:
    """The aggregator has forgotten a checkout that was paid, confirmed and committed."""
    captured = payment(str(ORDER_ID), "captured")
    whole.payment.tell(f"POST /api/v1/payments/{PAYMENT_ID}/cancel", 200, captured)
    whole.orders.tell(f"POST /api/v1/orders/{ORDER_ID}/confirm", 200, order(id=str(ORDER_ID)))
    whole.inventory.tell(f"POST /api/v1/reservations/{RESERVATION_ID}/commit", 200, reservation_answer("committed"))
    correspondent = {"id": str(ORDER_ID), "buyer": str(BUYER), "email": "ada@example.com", "language": "fr"}
    whole.orders.tell(f"GET /api/v1/reconcile/orders/{ORDER_ID}", 200, correspondent)
    return whole


def reservation_answer(state: str) -> dict[str, Any]:
    names = ("id", "cart", "buyer", "currency", "lines", "total")
    return {**{name: reservation_row()[name] for name in names}, "state": state}


def test_a_forgotten_checkout_that_was_paid_is_completed_again_and_its_key_still_answers(
    paid: Services, client_for: ClientFactory
) -> None:
    code, report = run("--apply")
    assert (code, [each["code"] for each in report["differences"]], report["left"]) == (0, ["checkout_missing"], [])
    saga = Saga.objects.get()
    assert (saga.pk, saga.state, saga.answer_status, saga.failure) == (SAGA, "completed", 201, None)
    assert saga.data["email"] == "ada@example.com"
    assert json.loads(saga.answer_body)["order"]["id"] == str(ORDER_ID)
    assert not [path for path, _body in asked(paid, "PUT")]
    buyer: APIClient = client_for(account=BUYER, email="ada@example.com")
    before = len(asked(paid, "POST"))
    again = buyer.post("/api/v1/checkouts", ASKED, headers={"Idempotency-Key": "a-key"})
    assert (again.status_code, again.content.decode()) == (201, saga.answer_body)
    other = buyer.post(
        "/api/v1/checkouts", {**ASKED, "payment_method": "pm_card_amex"}, headers={"Idempotency-Key": "a-key"}
    )
    assert other.status_code == 422
    assert len(asked(paid, "POST")) == before


def test_a_forgotten_checkout_that_was_called_off_answers_as_it_did(whole: Services) -> None:
    whole.payment.tell(f"POST /api/v1/payments/{PAYMENT_ID}/cancel", 200, payment(str(ORDER_ID), "declined"))
    whole.orders.tell(f"POST /api/v1/orders/{ORDER_ID}/reject", 200, {"id": str(ORDER_ID), "state": "rejected"})
    whole.inventory.tell(f"POST /api/v1/reservations/{RESERVATION_ID}/release", 200, reservation_answer("released"))
    assert forgotten(failure=DECLINED)
    repairs.drive(SAGA)
    saga = Saga.objects.get()
    assert (saga.state, saga.answer_status) == ("compensated", 402)
    assert json.loads(saga.answer_body) == {**DECLINED, "checkout": str(SAGA)}


def test_a_checkout_that_is_known_is_not_written_again(whole: Services) -> None:
    remembering()
    assert not forgotten()
    assert Saga.objects.get().state == "completed"


def test_only_an_undecided_checkout_is_called_off_as_before(whole: Services) -> None:
    completed = remembering(id=uuid.uuid4())
    assert not call_off_as_before(checkout=completed.pk, failure=DECLINED)
    remembering(**RUNNING)
    assert call_off_as_before(checkout=SAGA, failure=DECLINED)
    assert not call_off_as_before(checkout=SAGA, failure=problem("another", 409))
    assert Saga.objects.get(pk=SAGA).failure == DECLINED
