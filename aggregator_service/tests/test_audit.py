"""The audit's command: what it reads, with whose token, what it prints and how it exits."""

import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from audits.errors import UnreadableError
from audits.management.commands import audit as command
from audits.record import read_record
from audits.selectors import read_platform
from audits.snapshot import Amount, CheckoutAnswer, OrderShown, Record, Snapshot
from chassis.jobs.models import Job
from checkouts.saga import ORDER, PAYMENT, RESERVATION, checkout_id, part_id
from gateways import audits as gateway
from gateways.models import ServiceToken
from sagas.models import Saga
from tests.conftest import Services, problem

pytestmark = pytest.mark.django_db

BUYER, SELLER, VARIANT, CART = uuid.uuid4(), uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
SAGA = checkout_id(account_id=BUYER, key="a key")
EUR = {"amount": 3998, "currency": "EUR"}
NOTHING = {"amount": 0, "currency": "EUR"}
AT = "2026-11-22T12:00:00.123456Z"
LISTS = {
    "auth": ["jobs"],
    "inventory": ["jobs", "stock", "reservations"],
    "orders": ["jobs", "orders"],
    "payment": ["jobs", "payments", "provider-payments"],
}


def page(*rows: dict[str, Any], next: str | None = None) -> dict[str, Any]:
    return {"next": next, "previous": None, "results": list(rows)}


def order(**changes: Any) -> dict[str, Any]:
    line = {"variant": str(VARIANT), "quantity": 2, "unit_price": {"amount": 1999, "currency": "EUR"}}
    part = {"id": str(uuid.uuid4()), "seller": str(SELLER), "state": "to_prepare", "lines": [line]}
    return {
        "id": str(part_id(SAGA, ORDER)),
        "state": "confirmed",
        "buyer": str(BUYER),
        "items_total": EUR,
        "shipping_total": NOTHING,
        "total": EUR,
        "seller_orders": [part],
        "created_at": AT,
        "confirmed_at": AT,
        **changes,
    }


def payment(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(part_id(SAGA, PAYMENT)),
        "order": str(part_id(SAGA, ORDER)),
        "buyer": str(BUYER),
        "state": "captured",
        "amount": EUR,
        "refunded": NOTHING,
        "refunds_pending": NOTHING,
        "created_at": AT,
        "captured_at": AT,
        **changes,
    }


def reservation(**changes: Any) -> dict[str, Any]:
    line = {
        "variant": str(VARIANT),
        "product": str(uuid.uuid4()),
        "seller": str(SELLER),
        "title": "Mug",
        "sku": "M",
        "quantity": 2,
        "unit_price": {"amount": 1999, "currency": "EUR"},
        "line_total": EUR,
    }
    return {
        "id": str(part_id(SAGA, RESERVATION)),
        "state": "committed",
        "cart": str(CART),
        "buyer": str(BUYER),
        "currency": "EUR",
        "lines": [line],
        "total": EUR,
        "cart_state": "closed",
        "metadata": None,
        "created_at": AT,
        "finished_at": AT,
        **changes,
    }


def stock(**changes: Any) -> dict[str, Any]:
    moved = {"receipts": 20, "returns": 0, "corrections": 0, "losses": 0, "sales": -2}
    return {"variant": str(VARIANT), "on_hand": 18, "reserved": 0, "held": 0, "moved": moved, **changes}


def job(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "task": "mails.send",
        "state": "waiting",
        "attempts": 3,
        "run_at": timezone.now().isoformat(),
        "leased": False,
        "created_at": AT,
        "finished_at": None,
        "last_error": "no answer",
        **changes,
    }


def tell(services: Services, service: str, name: str, *rows: dict[str, Any], query: str = "") -> None:
    getattr(services, service).tell(f"GET /api/v1/audit/{name}{query}", 200, page(*rows))


@pytest.fixture(autouse=True)
def _auditor(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.AUDITOR_CLIENT_SECRET = "of the auditor"
    monkeypatch.setattr(gateway, "PAUSE_SECONDS", 0.01)


@pytest.fixture
def whole(services: Services) -> Services:
    """A platform on which one checkout was completed."""
    Saga.objects.create(
        id=SAGA,
        kind="checkout",
        account_id=BUYER,
        state="completed",
        direction="forward",
        done=5,
        intended=5,
        data={"cart": str(CART), "expected_total": EUR},
        answer_status=201,
        answer_body=json.dumps({"id": str(SAGA), "order": {"id": str(part_id(SAGA, ORDER))}}),
        deadline_at=timezone.now(),
        finished_at=timezone.now(),
    )
    for service, names in LISTS.items():
        for name in names:
            tell(services, service, name)
    entry = {"reference": "pi_1", "payment": payment()["id"], "taken": EUR, "refunded": NOTHING}
    tell(services, "orders", "orders", order())
    tell(services, "payment", "payments", payment())
    tell(services, "payment", "provider-payments", {**entry, "authorised": NOTHING, "created_at": AT})
    tell(services, "inventory", "reservations", reservation())
    tell(services, "inventory", "stock", stock())
    return services


def read(since: datetime | None = None, record: Record | None = None) -> Snapshot:
    return read_platform(since=since, record=record or Record(), say=lambda _text: None)


def audit(*options: str) -> tuple[int, str]:
    """The exit code and what was printed."""
    out = io.StringIO()
    try:
        call_command("audit", "--settle", "0", *options, stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


def test_a_platform_on_which_all_is_well_is_reported_with_figures(whole: Services) -> None:
    code, report = audit("--since", "all")
    assert code == 0
    assert "Of what began since the beginning." in report
    assert "| checkouts | 1: 1 completed |" in report
    assert "| pieces sold | 2 |" in report
    assert "| money taken, by the provider's book | 39.98 EUR |" in report
    assert report.endswith("## No findings\n")


def test_findings_are_printed_with_their_ids_and_the_exit_code_is_one(whole: Services) -> None:
    tell(whole, "orders", "orders", order(total=NOTHING))
    code, report = audit("--since", "all")
    assert code == 1
    assert (
        "## 1 finding\n\n| finding | what | where |\n|---|---|---|\n"
        "| order_total_differs | The order comes to 0.00 EUR; its buyer agreed to 39.98 EUR. "
        f"| checkout {SAGA}, order {part_id(SAGA, ORDER)} |\n"
    ) in report
    code, text = audit("--since", "all", "--json")
    assert code == 1
    assert json.loads(text)["findings"] == [
        {
            "code": "order_total_differs",
            "message": "The order comes to 0.00 EUR; its buyer agreed to 39.98 EUR.",
            "ids": {"checkout": str(SAGA), "order": str(part_id(SAGA, ORDER))},
        }
    ]


def test_it_reads_with_the_auditors_token_and_writes_nothing(whole: Services, settings: Settings) -> None:
    audit()
    (token,) = ServiceToken.objects.all()
    assert token.client_id == settings.AUDITOR_CLIENT_ID == "auditor"
    (asked,) = [each for each in whole.auth.received if each.method == "POST"]
    assert (asked.body["client_id"], asked.body["client_secret"]) == ("auditor", "of the auditor")
    for service, names in LISTS.items():
        fake = getattr(whole, service)
        reads = [each for each in fake.received if each.path != "/api/v1/auth/service-token"]
        assert {each.method for each in reads} == {"GET"}
        assert {each.path for each in reads} == {f"/api/v1/audit/{name}" for name in names}


def test_all_pages_of_a_list_are_read(whole: Services) -> None:
    first = "/api/v1/audit/stock?page_size=500"
    others = [uuid.uuid4(), uuid.uuid4()]
    following = f"http://inventory.test{first}&cursor=abc"
    whole.inventory.tell(f"GET {first}", 200, page(stock(), stock(variant=str(others[0])), next=following))
    whole.inventory.tell("GET /api/v1/audit/stock?cursor=abc&page_size=500", 200, page(stock(variant=str(others[1]))))
    assert [row.variant for row in read().stock] == [VARIANT, *others]


def test_reading_begins_a_little_before_what_is_judged(whole: Services) -> None:
    since = datetime(2026, 11, 22, 13, tzinfo=UTC)
    seen = read(since=since)
    assert seen.since == since
    for service, names in LISTS.items():
        queries = [
            each.query
            for each in getattr(whole, service).received
            if each.path.startswith("/api/v1/audit/") and "state=waiting" not in each.query and "stock" not in each.path
        ]
        assert len(queries) == len(names) - (service == "inventory")
        assert all("created_since=2026-11-22T12%3A00%3A00" in query for query in queries)


def test_checkouts_that_may_own_what_is_judged_are_read_and_older_ones_only_where_they_are_named(
    whole: Services,
) -> None:
    now = timezone.now()

    def saga(**changes: Any) -> uuid.UUID:
        data = {"expected_total": EUR}
        row = Saga(id=uuid.uuid4(), kind="checkout", account_id=BUYER, deadline_at=now, data=data, **changes)
        row.save()
        return row.id

    old = now - timedelta(days=3)
    over: dict[str, Any] = {
        "state": "compensated",
        "direction": "backward",
        "answer_status": 409,
        "failure": {"code": "checkout_cancelled"},
    }
    ended_late = saga(created_at=old, finished_at=now, **over)
    running = saga(created_at=old)
    stuck = saga(created_at=old, state="stuck")
    forgotten = saga(created_at=old, finished_at=old, **over)
    since = now - timedelta(hours=2)
    assert set(read(since).checkouts) == {SAGA, ended_late, running, stuck}
    named = CheckoutAnswer(BUYER, "k", 202, checkout=forgotten, order=part_id(forgotten, ORDER))
    assert set(read(since, Record([named])).checkouts) == {SAGA, ended_late, running, stuck, forgotten}


def test_orders_that_the_record_names_are_read_whatever_their_age(whole: Services) -> None:
    named = uuid.uuid4()
    tell(whole, "orders", "orders", order(id=str(named)), query=f"?id={named}&page_size=500")
    seen = read(record=Record(orders=[OrderShown(BUYER, named)]))
    assert set(seen.orders) == {part_id(SAGA, ORDER), named}


def test_waiting_jobs_are_read_whatever_their_age_and_dead_ones_of_the_window(whole: Services) -> None:
    waiting, dead = job(), job(state="dead")
    tell(whole, "orders", "jobs", waiting, query="?page_size=500&state=waiting")
    since = datetime(2026, 11, 22, 13, tzinfo=UTC)
    tell(
        whole, "orders", "jobs", dead, query="?created_since=2026-11-22T12%3A00%3A00%2B00%3A00&page_size=500&state=dead"
    )
    own = [
        Job.objects.create(task="own", last_error="why"),
        Job.objects.create(task="given up", state="dead", finished_at=timezone.now()),
        Job.objects.create(task="long ago", created_at=since - timedelta(days=9)),
    ]
    Job.objects.create(task="done", state="done", finished_at=timezone.now())
    Job.objects.create(task="dead long ago", state="dead", created_at=since - timedelta(days=9))
    found = {(each.service, str(each.id), each.state) for each in read(since).jobs}
    assert found == {
        ("orders", waiting["id"], "waiting"),
        ("orders", dead["id"], "dead"),
        *(("aggregator", str(each.pk), each.state) for each in own),
    }


@pytest.mark.parametrize(("service", "name"), [(service, name) for service, names in LISTS.items() for name in names])
def test_an_audit_that_cannot_see_everything_judges_nothing(whole: Services, service: str, name: str) -> None:
    tell(whole, "orders", "orders", order(total=NOTHING))
    getattr(whole, service).tell(f"GET /api/v1/audit/{name}", 503, problem("unavailable", 503))
    code, text = audit("--json")
    assert code == 2
    assert set(json.loads(text)["unread"]) == {service}


def test_an_audit_without_a_token_says_that_it_got_none(whole: Services, settings: Settings) -> None:
    whole.auth.tell("POST /api/v1/auth/service-token", 401, problem("invalid_client", 401))
    assert audit("--json") == (2, '{"unread": {"auth": "it gives the auditor no token"}}\n')
    settings.AUDITOR_CLIENT_SECRET = ""
    code, text = audit("--json")
    assert (code, set(json.loads(text)["unread"])) == (2, {"auth"})


def test_a_page_that_comes_at_the_second_attempt_is_read(whole: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    whole.orders.tell("GET /api/v1/audit/orders", 401, problem("token_not_valid", 401))

    def mend(_seconds: float) -> None:
        tell(whole, "orders", "orders", order())

    monkeypatch.setattr("gateways.audits.sleep", mend)
    assert set(read().orders) == {part_id(SAGA, ORDER)}


def test_a_service_that_does_not_know_the_auditor_cannot_be_read(whole: Services) -> None:
    whole.payment.tell("GET /api/v1/audit/payments", 400, problem("invalid", 400))
    with pytest.raises(UnreadableError, match=r"payment: .* are refused: invalid"):
        read()


def test_a_finding_counts_if_a_second_read_finds_it_again(whole: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(whole, "orders", "orders", order(total=NOTHING))
    tell(whole, "inventory", "stock", stock(reserved=1))
    waited = []

    def settle(seconds: float) -> None:
        waited.append(seconds)
        tell(whole, "orders", "orders", order())
        tell(whole, "inventory", "stock", stock(reserved=2))

    monkeypatch.setattr("audits.management.commands.audit.sleep", settle)
    code, text = audit("--settle", "7.5", "--json")
    (found,) = json.loads(text)["findings"]
    assert (code, waited, found["code"]) == (1, [7.5], "reserved_off_reservations")
    assert found["message"] == "2 are reserved; live reservations hold 0."


def test_where_nothing_is_found_nobody_waits(whole: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audits.management.commands.audit.sleep", lambda _seconds: pytest.fail("it waited"))
    assert audit("--settle", "60")[0] == 0


def test_a_record_is_read_line_by_line() -> None:
    order_id = uuid.uuid4()
    lines = [
        {"kind": "checkout", "buyer": str(BUYER), "key": "a key", "status": 402, "more": True},
        {
            "kind": "checkout",
            "buyer": str(BUYER),
            "key": "a key",
            "status": 201,
            "checkout": str(SAGA),
            "order": str(order_id),
            "total": EUR,
        },
        {"kind": "order_shown", "buyer": str(BUYER), "order": str(order_id), "total": EUR, "state": "confirmed"},
        {"kind": "order_shown", "buyer": str(BUYER), "order": str(order_id), "total": None},
    ]
    record = read_record([*(json.dumps(line) for line in lines), "\n"])
    expected = part_id(SAGA, ORDER)
    total = Amount(3998, "EUR")
    assert record.checkouts == [
        CheckoutAnswer(BUYER, "a key", 402, SAGA, expected),
        CheckoutAnswer(BUYER, "a key", 201, SAGA, expected, SAGA, order_id, total),
    ]
    assert record.orders == [OrderShown(BUYER, order_id, total, "confirmed"), OrderShown(BUYER, order_id)]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "7",
        '{"kind": "refund"}',
        '{"kind": "checkout", "buyer": "nobody", "key": "k", "status": 201}',
        '{"kind": "checkout", "buyer": "5d0c2f0e-8f5b-5c1a-9b6e-3f1f6d2a7c10", "key": "k"}',
        '{"kind": "order_shown", "buyer": "5d0c2f0e-8f5b-5c1a-9b6e-3f1f6d2a7c10", "order": 7}',
    ],
)
def test_a_record_that_cannot_be_read_is_no_proof(whole: Services, tmp_path: Path, line: str) -> None:
    record = tmp_path / "record"
    record.write_text(f"\n{line}\n")
    code, text = audit("--json", "--record", str(record))
    assert code == 2
    assert json.loads(text)["unread"]["record"].startswith("line 2: ")


def test_a_record_that_is_not_there_is_no_proof(whole: Services, tmp_path: Path) -> None:
    code, text = audit("--json", "--record", str(tmp_path / "none"))
    assert (code, set(json.loads(text)["unread"])) == (2, {"record"})


@pytest.mark.parametrize(
    ("text", "ago"),
    [("90m", timedelta(minutes=90)), ("24h", timedelta(hours=24)), ("7d", timedelta(days=7))],
)
def test_the_window_is_named_by_its_length(text: str, ago: timedelta) -> None:
    named = command.moment(text)
    assert isinstance(named, datetime)
    assert abs(timezone.now() - named - ago) < timedelta(seconds=5)


def test_the_window_is_named_by_its_beginning() -> None:
    assert command.moment("2026-11-22T12:00:00Z") == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert command.moment("2026-11-22") == datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "options", [("--since", "yesterday"), ("--since", "1w"), ("--settle", "-1"), ("--settle", "x")]
)
def test_options_that_mean_nothing_are_refused(whole: Services, options: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="argument"):
        call_command("audit", *options)
