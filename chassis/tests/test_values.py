"""Money, states and pages: the small parts that every service builds on."""

import base64
import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from rest_framework.exceptions import ValidationError

from chassis.fields import MoneySerializer
from chassis.keyset import cursor_of, link_to
from chassis.money import MAX_AMOUNT, Money, total
from chassis.states import TransitionRefusedError, move, sources
from chassis.testing import ClientFactory
from tests.parcels.models import TRANSITIONS, Parcel, ParcelState

URL = "/api/v1/parcels"


def test_money_adds_up_in_one_currency_only() -> None:
    assert Money(150, "EUR") + Money(50, "EUR") == Money(200, "EUR")
    assert Money(50, "EUR") - Money(150, "EUR") == Money(-100, "EUR")
    assert Money(333, "EUR") * 3 == Money(999, "EUR")
    assert total([Money(1, "EUR"), Money(2, "EUR")], "EUR") == Money(3, "EUR")
    assert total([], "EUR") == Money(0, "EUR")
    with pytest.raises(ValueError, match="EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(ValueError, match="USD and EUR"):
        total([Money(1, "EUR")], "USD")


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0.00 EUR"), (5, "0.05 EUR"), (1999, "19.99 EUR"), (-1, "-0.01 EUR"), (-250, "-2.50 EUR")]
)
def test_money_reads_well(amount: int, text: str) -> None:
    assert str(Money(amount, "EUR")) == text


@pytest.mark.parametrize("data", [{"amount": 1999, "currency": "EUR"}, {"amount": "1999", "currency": "EUR"}])
def test_money_is_taken_from_json_and_from_forms(data: dict[str, Any]) -> None:
    serializer = MoneySerializer(data=data)
    assert serializer.is_valid()
    assert serializer.validated_data == Money(1999, "EUR")
    assert MoneySerializer(Money(1999, "EUR")).data == {"amount": 1999, "currency": "EUR"}


@pytest.mark.parametrize(
    "data",
    [
        {"amount": -1, "currency": "EUR"},
        {"amount": MAX_AMOUNT + 1, "currency": "EUR"},
        {"amount": 19.0, "currency": "EUR"},
        {"amount": 19.99, "currency": "EUR"},
        {"amount": "19.99", "currency": "EUR"},
        {"amount": True, "currency": "EUR"},
        {"amount": None, "currency": "EUR"},
        {"amount": "1" * 2000, "currency": "EUR"},
        {"amount": 1, "currency": "USD"},
        {"amount": 1, "currency": "eur"},
        {"amount": 1, "currency": ["EUR"]},
        {"amount": 1},
        {"currency": "EUR"},
        19,
        "19 EUR",
        None,
        [],
    ],
)
def test_what_is_no_money_of_ours_is_refused(data: Any) -> None:
    with pytest.raises(ValidationError):
        MoneySerializer(data=data).run_validation(data)


def test_sources_are_read_from_the_table() -> None:
    assert sources(TRANSITIONS, ParcelState.SENT) == [ParcelState.PACKED]
    assert sources(TRANSITIONS, ParcelState.PACKED) == []


@pytest.mark.django_db
def test_a_state_moves_by_what_the_database_holds() -> None:
    parcel = Parcel.objects.create(owner=uuid.uuid4(), name="a")
    stale = Parcel.objects.get(pk=parcel.pk)
    move(parcel, to=ParcelState.SENT, table=TRANSITIONS, weight=7)
    assert (parcel.state, parcel.weight) == (ParcelState.SENT, 7)
    with pytest.raises(TransitionRefusedError) as refused:
        move(stale, to=ParcelState.SENT, table=TRANSITIONS, weight=9)
    assert refused.value.data == {"state": "sent"}
    assert (stale.state, stale.weight) == (ParcelState.PACKED, 0)
    parcel.refresh_from_db()
    assert parcel.weight == 7
    Parcel.objects.all().delete()
    with pytest.raises(TransitionRefusedError):
        move(parcel, to=ParcelState.LOST, table=TRANSITIONS)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_move_a_state_one_does() -> None:
    parcel = Parcel.objects.create(owner=uuid.uuid4(), name="a")
    ready = threading.Barrier(8)

    def send(weight: int) -> int:
        mine = Parcel(pk=parcel.pk, state=ParcelState.PACKED)
        ready.wait()
        try:
            move(mine, to=ParcelState.SENT, table=TRANSITIONS, weight=weight)
        except TransitionRefusedError:
            return 0
        finally:
            connection.close()
        return weight

    with ThreadPoolExecutor(8) as threads:
        moved = [weight for weight in threads.map(send, range(1, 9)) if weight]
    parcel.refresh_from_db()
    assert moved == [parcel.weight]


@pytest.fixture
def owner(db: None) -> uuid.UUID:
    owner = uuid.uuid4()
    Parcel.objects.bulk_create([Parcel(owner=owner, name=f"p{n}", weight=n // 4) for n in range(12)])
    return owner


def test_a_page_survives_that_its_edge_is_deleted(client_for: ClientFactory, owner: uuid.UUID) -> None:
    client = client_for(account=owner)
    whole = [row["id"] for row in client.get(f"{URL}?page_size=100").json()["results"]]
    first = client.get(f"{URL}?page_size=5").json()
    Parcel.objects.filter(pk__in=[whole[4], whole[5]]).delete()
    second = client.get(first["next"]).json()
    assert [row["id"] for row in second["results"]] == whole[6:11]
    back = client.get(second["previous"]).json()
    assert [row["id"] for row in back["results"]] == whole[:4]
    assert back["previous"] is None


def test_rows_added_before_shift_nothing(client_for: ClientFactory, owner: uuid.UUID) -> None:
    client = client_for(account=owner)
    whole = [row["id"] for row in client.get(f"{URL}?page_size=100").json()["results"]]
    first = client.get(f"{URL}?page_size=5").json()
    Parcel.objects.create(owner=owner, name="heavy", weight=99)
    second = client.get(first["next"]).json()
    assert [row["id"] for row in second["results"]] == whole[5:10]


def test_a_page_that_ends_with_the_list_says_so(client_for: ClientFactory, owner: uuid.UUID) -> None:
    client = client_for(account=owner)
    page = client.get(f"{URL}?page_size=12").json()
    assert (page["next"], page["previous"], len(page["results"])) == (None, None, 12)
    page = client.get(f"{URL}?page_size=6").json()
    last = client.get(page["next"]).json()
    assert (last["next"], len(last["results"])) == (None, 6)
    assert client.get(last["previous"]).json()["results"] == page["results"]


def test_a_list_emptied_meanwhile_is_an_empty_page(client_for: ClientFactory, owner: uuid.UUID) -> None:
    client = client_for(account=owner)
    page = client.get(f"{URL}?page_size=6").json()
    Parcel.objects.all().delete()
    assert client.get(page["next"]).json() == {"next": None, "previous": None, "results": []}


def test_links_keep_what_else_was_asked(client_for: ClientFactory, owner: uuid.UUID) -> None:
    page = client_for(account=owner).get(f"{URL}?page_size=3&tag=a&tag=b&empty=").json()
    query = parse_qs(urlsplit(page["next"]).query, keep_blank_values=True)
    assert (query["page_size"], query["tag"], query["empty"]) == (["3"], ["a", "b"], [""])


@pytest.mark.parametrize(
    ("url", "cursor", "link"),
    [
        ("http://a/b", "x", "http://a/b?cursor=x"),
        ("http://a/b?", "x", "http://a/b?cursor=x"),
        ("http://a/b?tag=a&tag=b&empty=", "x", "http://a/b?tag=a&tag=b&empty=&cursor=x"),
        ("http://a/b?cursor=y&tag=a%26b", "x", "http://a/b?tag=a%26b&cursor=x"),
        ("http://a/b?cursor=y&cursor=z&my_cursor=q", "x", "http://a/b?my_cursor=q&cursor=x"),
        ("http://a/b", "a+b&c=d#e", "http://a/b?cursor=a%2Bb%26c%3Dd%23e"),
    ],
)
def test_a_link_to_a_page_keeps_all_but_the_cursor_before(url: str, cursor: str, link: str) -> None:
    assert link_to(url, cursor) == link
    assert cursor_of(f"{link}&more=1") == cursor


def test_an_address_without_a_cursor_has_none() -> None:
    with pytest.raises(ValueError, match="no cursor"):
        cursor_of("http://a/b?page_size=20")


@pytest.mark.parametrize(("size", "rows"), [("1", 1), ("100", 12), ("101", 12), ("999999", 12)])
def test_a_page_has_at_most_a_hundred_rows(client_for: ClientFactory, owner: uuid.UUID, size: str, rows: int) -> None:
    assert len(client_for(account=owner).get(f"{URL}?page_size={size}").json()["results"]) == rows


@pytest.mark.parametrize("size", ["", "0", "-1", "1.5", "1e3", "٣", "9999999", "x"])
def test_a_size_that_is_none_is_refused(client_for: ClientFactory, owner: uuid.UUID, size: str) -> None:
    answer = client_for(account=owner).get(URL, {"page_size": size})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "page_size")


def _cursor(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


ORDER = ["-weight", "id"]
ID = str(uuid.uuid4())


@pytest.mark.parametrize(
    "content",
    [
        None,
        7,
        {},
        [0, ORDER],
        [0, ["weight", "id"], ["1", ID]],
        [0, ORDER, ["1"]],
        [0, ORDER, [1, ID]],
        [0, ORDER, ["1", "x"]],
        [0, ORDER, ["x", ID]],
        [0, ORDER, ["\x00", ID]],
        [0, ORDER, ["1" * 5000, ID]],
        [0, ORDER, ["1", None]],
    ],
    ids=str,
)
def test_a_cursor_of_ones_own_making_is_refused(client_for: ClientFactory, owner: uuid.UUID, content: object) -> None:
    answer = client_for(account=owner).get(URL, {"cursor": _cursor(content)})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor")


@pytest.mark.parametrize("cursor", ["", "é", "====", "A", "\ud800"])
def test_a_cursor_that_is_no_base64_is_refused(client_for: ClientFactory, owner: uuid.UUID, cursor: str) -> None:
    query = f"cursor={cursor}".encode(errors="surrogatepass").decode("latin-1")
    answer = client_for(account=owner).generic("GET", URL, QUERY_STRING=query)
    assert answer.status_code == 400


@pytest.mark.parametrize("weight", ["99999999999", "-99999999999", "9" * 40])
def test_a_cursor_beyond_the_columns_range_is_just_beyond(
    client_for: ClientFactory, owner: uuid.UUID, weight: str
) -> None:
    assert client_for(account=owner).get(URL, {"cursor": _cursor([0, ORDER, [weight, ID]])}).status_code == 200


@pytest.mark.parametrize("name", ["half \ud800 pair", "n\x00l"])
def test_a_cursor_of_text_holds_what_postgresql_takes(
    client_for: ClientFactory, owner: uuid.UUID, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from tests.parcels.views import ParcelViewSet

    monkeypatch.setattr(ParcelViewSet, "ordering", ("name", "id"))
    client = client_for(account=owner)
    assert client.get(client.get(f"{URL}?page_size=2").json()["next"]).status_code == 200
    assert client.get(URL, {"cursor": _cursor([0, ["name", "id"], [name, ID]])}).status_code == 400
