"""Many buyers at once, and less than they want."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.audit import Databases, audit
from tests.shop import Shop, problem_of, together

BUYERS = 100


def test_a_hundred_buyers_of_the_last_ten_get_ten_orders_and_ninety_clear_refusals(shop: Shop) -> None:
    item = shop.item(stock=10)
    with ThreadPoolExecutor(4) as pool:
        baskets = list(pool.map(lambda buyer: shop.basket(buyer, item), shop.buyers(BUYERS)))
    began = time.monotonic()
    answers = together(basket.check_out for basket in baskets)
    print(f"{BUYERS} checkouts at once took {time.monotonic() - began:.1f} s")
    statuses = [answer.status_code for answer in answers]
    print({status: statuses.count(status) for status in set(statuses)})
    assert not [status for status in statuses if status >= 500]
    final = [basket.decided() for basket in baskets]
    won = [answer for answer in final if answer.status_code == 201]
    lost = [answer for answer in final if answer.status_code == 409]
    assert (len(won), len(lost)) == (10, 90)
    for answer in lost:
        (line,) = problem_of(answer, "out_of_stock")["lines"]
        assert (line["variant"], line["requested"]) == (item.variant, 1)
    assert shop.available(item) == 0
    (level,) = Databases(shop).read(
        "inventory", "SELECT on_hand, reserved FROM stock_stocklevel WHERE variant_id = %s", item.variant
    )
    assert level == {"on_hand": 0, "reserved": 0}
    assert len({answer.json()["order"]["id"] for answer in won}) == 10
    audit(shop)


def test_buyers_of_two_things_in_opposite_order_neither_wait_for_each_other_nor_share_the_last_pieces(
    shop: Shop,
) -> None:
    one, other = shop.item(stock=3), shop.item(stock=3)
    buyers = shop.buyers(10)
    baskets = [
        shop.basket(buyer, *((one, other) if number % 2 else (other, one))) for number, buyer in enumerate(buyers)
    ]
    together(basket.try_to_check_out for basket in baskets)
    statuses = [basket.decided().status_code for basket in baskets]
    assert (statuses.count(201), statuses.count(409)) == (3, 7)
    assert (shop.available(one), shop.available(other)) == (0, 0)
    audit(shop)


def test_what_one_buyer_does_not_pay_for_the_next_one_can_buy(shop: Shop) -> None:
    """Never undersold: what a declined checkout held for a moment is there again."""
    item = shop.item(stock=1)
    declined = [shop.basket(buyer, item, method="pm_card_chargeDeclined") for buyer in shop.buyers(5)]
    together(basket.try_to_check_out for basket in declined)
    assert {basket.decided().status_code for basket in declined} <= {402, 409}
    shop.anonymous.check(shop.basket(shop.buyer(), item).check_out(), 201)
    assert shop.available(item) == 0
    audit(shop)
