"""What is measured, each with its budget: what it may cost, as a ratio to the reference's processor time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks import dataset
from benchmarks.load import Connection, Load, Request, flows, new_key, single_requests
from benchmarks.market import ORDERS_OF_A_BUYER, Buyer, Market, give_orders

FIRST_PAGE = "/api/v1/products?page_size=20"
PAGES = 50
CARTS = 4_000
BETWEEN = 100
"""Carts, until the same one gets its next line."""

Ready = Callable[[float], Load]
"""Loads for so many seconds."""
Prepare = Callable[[int], Ready]
"""Makes ready, for so many connections, what must not be measured along."""


@dataclass(frozen=True)
class Operation:
    """Something that a load repeats; each load is prepared for itself. `calls` are those of the client's own."""

    name: str
    title: str
    where: str
    budget: float
    prepare: Prepare
    calls: int = 1


def all_operations(market: Market) -> list[Operation]:
    """The table of the budgets, at 8 connections on 2,000 products."""
    buyers = market.log_in(8)
    inventory, public = market.platform.url("inventory"), market.platform.url("aggregator")
    products = [product for _, product in market.variants]
    lists = list_requests(market)
    details = [Request(f"/api/v1/products/{product}") for product in products]
    searches = [Request(f"/api/v1/products?search={dataset.COMMON_WORD}")]
    at_service = partial(single_requests, inventory)
    at_aggregator = partial(single_requests, public)
    return [
        Operation("list", "list of 20 with price, stock, image", "service", 4, load(at_service, lists)),
        Operation("list", "list of 20 with price, stock, image", "public", 9, load(at_aggregator, lists)),
        Operation("detail", "detail with variants and seller", "service", 4, load(at_service, details)),
        Operation("detail", "detail with variants and seller", "public", 9, load(at_aggregator, details)),
        Operation("search", "text search that half the products match", "service", 10, load(at_service, searches)),
        Operation("search", "text search that half the products match", "public", 15, load(at_aggregator, searches)),
        Operation("add", "add to cart", "service", 9, adding(market, inventory)),
        Operation("add", "add to cart", "public", 16, adding(market, public)),
        Operation("orders", "order list of a buyer with 10 orders", "public", 22, order_lists(market, regular(market))),
        Operation("checkout", "whole checkout of 2 lines", "public", 130, checkouts(market, buyers), calls=4),
        Operation("refresh", "token refresh", "service", 6, refreshes(market, "auth")),
        Operation("refresh", "token refresh", "public", 10, refreshes(market, "aggregator")),
    ]


def load(send: Callable[..., Load], requests: Sequence[Request]) -> Prepare:
    return lambda connections: lambda seconds: send(requests, connections=connections, seconds=seconds)


def list_requests(market: Market) -> list[Request]:
    """The first pages of the list, by its links."""
    door = market.connection("inventory")
    paths = [FIRST_PAGE]
    while len(paths) < PAGES:
        paths.append(following(door, paths[-1]))
    door.close()
    return [Request(path) for path in paths]


def following(door: Connection, path: str) -> str:
    """The page after that one."""
    link: str = door.expect(200, "GET", path)["next"]
    return link[link.index("/api/") :]


def adding(market: Market, base: str) -> Prepare:
    """Each request puts a variant into a cart of none to two others; connections do not meet at a cart."""

    def variant(place: int) -> str:
        return market.variants[place % len(market.variants)][0]

    def prepare(connections: int) -> Ready:
        carts = dataset.add_carts(market.platform, CARTS)
        requests = [
            Request(f"/api/v1/carts/{carts[place]}/lines/{variant(place + turn * 7)}", "PUT", '{"quantity":1}')
            for first in range(0, CARTS, BETWEEN)
            for turn in range(3)
            for place in range(first, first + BETWEEN)
        ]
        return lambda seconds: single_requests(base, requests, connections=connections, seconds=seconds)

    return prepare


def regular(market: Market) -> Buyer:
    """Somebody with ten orders, who buys nothing else."""
    (buyer,) = market.log_in(1, first=120)
    give_orders(market, buyer, count=ORDERS_OF_A_BUYER)
    return buyer


def order_lists(market: Market, buyer: Buyer) -> Prepare:
    base, request = market.platform.url("aggregator"), [Request("/api/v1/orders")]

    def prepare(connections: int) -> Ready:
        market.stay_logged_in([buyer])
        authorization = buyer.authorization
        return lambda seconds: single_requests(
            base, request, connections=connections, seconds=seconds, authorization=authorization
        )

    return prepare


def checkouts(market: Market, buyers: Sequence[Buyer], *, of: str | None = None) -> Prepare:
    """Whole checkouts of two lines; with `of` all buyers also want that variant."""

    def prepare(connections: int) -> Ready:
        market.stay_logged_in(buyers[:connections])
        apis = [market.connection(authorization=buyer.authorization) for buyer in buyers[:connections]]

        def buy(place: int) -> None:
            chosen = market.next_variants(2)
            market.buy(apis[place], buyers[place], variants=chosen if of is None else [of, chosen[0]])

        return lambda seconds: flows_over(apis, buy, seconds=seconds)

    return prepare


def refreshes(market: Market, service: str) -> Prepare:
    """Each connection uses the refresh token that its last answer gave."""
    families = [buyer.tokens["refresh"] for buyer in market.log_in(8, first=100)]

    def prepare(connections: int) -> Ready:
        apis = [market.connection(service) for _ in range(connections)]

        def refresh(place: int) -> None:
            answer = apis[place].expect(
                200, "POST", "/api/v1/auth/token/refresh", {"refresh": families[place]}, key=new_key()
            )
            families[place] = answer["refresh"]

        return lambda seconds: flows_over(apis, refresh, seconds=seconds)

    return prepare


def flows_over(apis: Sequence[Connection], step: Callable[[int], None], *, seconds: float) -> Load:
    """Repeat the step with the number of each connection; close them at the end."""
    try:
        return flows([partial(step, place) for place in range(len(apis))], seconds=seconds)
    finally:
        for api in apis:
            api.close()
