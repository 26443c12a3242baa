"""What is measured, each with its budget: what it may cost, as a ratio to the reference's processor time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks import dataset
from benchmarks.load import Load, Request, flows, new_key, single_requests
from benchmarks.market import Buyer, Market

PAGES = 50
CARTS = 8_000


@dataclass(frozen=True)
class Operation:
    """Something that a load repeats; `run` does, over so many connections, for so many seconds."""

    name: str
    title: str
    where: str
    budget: float
    run: Callable[[int, float], Load]


def all_operations(market: Market, buyers: Sequence[Buyer]) -> list[Operation]:
    """The table of the budgets, at 8 connections on 2,000 products."""
    inventory, public = market.platform.url("inventory"), market.platform.url("aggregator")
    products = [product for _, product, _ in market.variants]
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
        Operation("orders", "order list of a buyer with 10 orders", "public", 22, order_lists(market, buyers)),
        Operation("checkout", "whole checkout of 2 lines", "public", 130, checkouts(market, buyers)),
        Operation("refresh", "token refresh", "service", 6, refreshes(market, "auth")),
        Operation("refresh", "token refresh", "public", 10, refreshes(market, "aggregator")),
    ]


def load(send: Callable[..., Load], requests: Sequence[Request]) -> Callable[[int, float], Load]:
    return lambda connections, seconds: send(requests, connections=connections, seconds=seconds)


def list_requests(market: Market) -> list[Request]:
    """The first pages of the list, by its links."""
    door = market.connection("inventory")
    paths = ["/api/v1/products?page_size=20"]
    while len(paths) < PAGES:
        following = door.expect(200, "GET", paths[-1])["next"]
        paths.append(following[following.index("/api/") :])
    door.close()
    return [Request(path) for path in paths]


def adding(market: Market, base: str) -> Callable[[int, float], Load]:
    """Each request puts a variant into a cart of none to two others."""

    def run(connections: int, seconds: float) -> Load:
        carts = dataset.add_carts(market.platform, CARTS)
        requests = [
            Request(
                f"/api/v1/carts/{cart}/lines/{market.variants[(place + turn * 7) % 2000][0]}", "PUT", '{"quantity":1}'
            )
            for turn in range(3)
            for place, cart in enumerate(carts)
        ]
        return single_requests(base, requests, connections=connections, seconds=seconds)

    return run


def order_lists(market: Market, buyers: Sequence[Buyer]) -> Callable[[int, float], Load]:
    def run(connections: int, seconds: float) -> Load:
        request = [Request("/api/v1/orders")]
        base = market.platform.url("aggregator")
        return single_requests(
            base, request, connections=connections, seconds=seconds, authorization=buyers[0].authorization
        )

    return run


def checkouts(market: Market, buyers: Sequence[Buyer], *, of: str | None = None) -> Callable[[int, float], Load]:
    """Whole checkouts of two lines; with `of` all buyers also want that variant."""

    def run(connections: int, seconds: float) -> Load:
        apis = [market.connection(authorization=buyer.authorization) for buyer in buyers[:connections]]

        def buy(place: int) -> None:
            chosen = [variant for variant, _, _ in market.next_variants(2)]
            market.buy(apis[place], buyers[place], variants=chosen if of is None else [of, chosen[0]])

        try:
            return flows([partial(buy, place) for place in range(connections)], seconds=seconds)
        finally:
            for api in apis:
                api.close()

    return run


def refreshes(market: Market, service: str) -> Callable[[int, float], Load]:
    """Each connection uses the refresh token that its last answer gave."""
    families = [buyer.tokens["refresh"] for buyer in market.log_in(8, first=100)]

    def run(connections: int, seconds: float) -> Load:
        apis = [market.connection(service) for _ in range(connections)]

        def refresh(place: int) -> None:
            answer = apis[place].expect(
                200, "POST", "/api/v1/auth/token/refresh", {"refresh": families[place]}, key=new_key()
            )
            families[place] = answer["refresh"]

        try:
            return flows([partial(refresh, place) for place in range(connections)], seconds=seconds)
        finally:
            for api in apis:
                api.close()

    return run
