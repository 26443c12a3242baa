"""The same checkout more than once."""

import uuid

from tests.audit import audit
from tests.faults import BEFORE
from tests.shop import ADDRESS, DECLINED, Basket, Shop, problem_of, together

TIMES = 8


def test_the_same_key_eight_times_at_once_buys_once_and_answers_the_same(shop: Shop) -> None:
    item = shop.item(stock=TIMES)
    basket = shop.basket(shop.buyer(), item)
    answers = together([basket.check_out] * TIMES)
    assert {answer.status_code for answer in answers} <= {201, 202, 409}
    bodies = {answer.content for answer in answers if answer.status_code == 201}
    final = [basket.decided() for _ in range(TIMES)]
    assert {answer.status_code for answer in final} == {201}
    assert bodies | {answer.content for answer in final} == {final[0].content}
    assert shop.available(item) == TIMES - 1
    truth = audit(shop)
    assert [ident for ident, order in truth.orders.items() if str(order["buyer"]) == basket.buyer.id].count(
        basket.order
    ) == 1
    assert sum(payment["order"] == basket.order for payment in truth.payments.values()) == 1


def test_the_same_key_eight_times_while_it_is_undecided_waits_or_answers_where_to_look(shop: Shop) -> None:
    basket = shop.basket(shop.buyer(), shop.item())
    shop.proxies["payment"].delay("PUT", f"/payments/{basket.payment}$", 2.0, at=BEFORE)
    answers = together([basket.check_out] * TIMES)
    assert {answer.status_code for answer in answers} <= {201, 202}
    assert len({answer.content for answer in answers if answer.status_code == 201}) <= 1
    assert len(shop.proxies["payment"].calls("PUT", f"/payments/{basket.payment}$")) == 1
    shop.anonymous.check(basket.decided(), 201)
    audit(shop)


def test_a_declined_checkout_answers_the_same_to_all_who_send_it(shop: Shop) -> None:
    basket = shop.basket(shop.buyer(), shop.item(), method=DECLINED)
    together([basket.check_out] * TIMES)
    assert len({basket.decided().content for _ in range(3)}) == 1
    problem_of(basket.decided(), "payment_declined")
    audit(shop)


def test_eight_keys_on_one_cart_make_one_order_and_seven_refusals(shop: Shop) -> None:
    item = shop.item(stock=TIMES)
    basket = shop.basket(shop.buyer(), item)
    twins = [_twin(basket) for _ in range(TIMES)]
    together(twin.try_to_check_out for twin in twins)
    final = [twin.decided() for twin in twins]
    assert sorted(answer.status_code for answer in final) == [201] + [409] * (TIMES - 1)
    codes = {problem_of(answer)["code"] for answer in final if answer.status_code == 409}
    assert codes <= {"cart_in_checkout", "cart_closed"}
    assert shop.available(item) == TIMES - 1
    truth = audit(shop)
    assert sum(str(order["buyer"]) == basket.buyer.id and order["id"] in {twin.order for twin in twins}
               for order in truth.orders.values()) == 1  # fmt: skip


def test_the_same_key_with_another_body_is_refused_and_changes_nothing(shop: Shop) -> None:
    item = shop.item(stock=5)
    basket = shop.basket(shop.buyer(), item)
    first = basket.check_out()
    shop.anonymous.check(first, 201)
    for change in (
        {"payment_method": "pm_card_mastercard"},
        {"cart": str(uuid.uuid4())},
        {"expected_total": {"amount": 1, "currency": "EUR"}},
    ):
        body = {**basket.body(), **change}
        basket.buyer.api.refused("POST", "/checkouts", 422, "idempotency_key_reused", json=body, key=basket.key)
    assert basket.check_out().content == first.content
    assert shop.available(item) == 4
    audit(shop)


def test_another_buyer_s_same_key_is_another_checkout(shop: Shop) -> None:
    item = shop.item(stock=2)
    one, other = shop.basket(shop.buyer(), item), shop.basket(shop.buyer(), item)
    other.key = one.key
    shop.anonymous.check(one.check_out(), 201)
    shop.anonymous.check(other.check_out(), 201)
    assert one.checkout != other.checkout
    assert shop.available(item) == 0
    audit(shop)


def test_an_address_sent_eight_times_with_one_key_is_one_address(shop: Shop) -> None:
    buyer = shop.registered()
    key = uuid.uuid4().hex
    answers = together([lambda: buyer.api.call("POST", "/addresses", json=ADDRESS, key=key)] * TIMES)
    assert {answer.status_code for answer in answers} <= {201, 409}
    again = buyer.api.expect("POST", "/addresses", 201, json=ADDRESS, key=key)
    assert buyer.api.expect("GET", "/addresses", 200)["results"] == [again]
    buyer.api.refused("POST", "/addresses", 422, "idempotency_key_reused", json={**ADDRESS, "city": "Lyon"}, key=key)


def _twin(basket: Basket) -> Basket:
    """The same cart under another key."""
    return Basket(basket.buyer, basket.cart, basket.total, basket.address, basket.method)
