"""What measures stays in the shop for as long as it takes; what it measures is no test's matter."""

from typing import Any

import pytest

from benchmarks.market import RENEW_AFTER_SECONDS, Market
from local.errors import LocalError
from tests.shop import Shop


@pytest.fixture
def market(shop: Shop) -> Market:
    no_tally: Any = None  # counts statements, for which a database must have been started differently
    return Market(shop.platform, no_tally)


def test_buyers_are_logged_in_again_before_their_tokens_end(market: Market) -> None:
    fresh, old = market.log_in(2, first=140)
    kept, replaced = fresh.tokens, old.tokens
    old.since -= RENEW_AFTER_SECONDS + 1
    market.stay_logged_in([fresh, old])
    assert fresh.tokens is kept
    assert old.tokens["access"] != replaced["access"]
    since = old.since
    market.stay_logged_in([fresh, old])
    assert old.since == since
    assert market.connection(authorization=old.authorization).expect(200, "GET", "/api/v1/orders")["results"] == []


def test_a_cart_that_is_refused_is_told_as_such(market: Market) -> None:
    (buyer,) = market.log_in(1, first=142)
    with pytest.raises(LocalError, match="POST /api/v1/carts answered 401"):
        market.buy(market.connection(authorization="Bearer ended"), buyer, variants=[])
