"""Everything killed and stopped at random while people buy."""

import random
import threading
import time
import uuid

import pytest

from tests.audit import audit
from tests.shop import DECLINED, VISA, Basket, Item, Person, Shop

SECONDS = 45.0
SHOPPERS = 4
METHODS = (VISA, VISA, VISA, DECLINED, "pm_sandbox_failOnce", "pm_sandbox_answerLost", "pm_sandbox_slow")
SERVICES = ("aggregator", "aggregator", "inventory", "orders", "payment", "auth")
KINDS = ("web", "web", "worker", "postgres")

pytestmark = pytest.mark.exhaustive


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_or_doubled_when_processes_die_and_hang_while_people_buy(shop: Shop, seed: int) -> None:
    items = [shop.item(stock=1000, price=1000 + number) for number in range(3)]
    shoppers = [Shopper(shop, person, items, f"{seed} {person.id}") for person in shop.buyers(SHOPPERS)]
    for shopper in shoppers:
        shopper.start()
    fire(shop, random.Random(seed))
    for shopper in shoppers:
        shopper.leave()
    shop.mend()
    truth = audit(shop, seconds=180)
    tried = [basket for shopper in shoppers for basket in shopper.tried]
    known = [basket for basket in tried if basket.checkout in truth.sagas]
    print(f"{len(tried)} checkouts were sent, {len(known)} arrived")
    for basket in known:
        assert basket.decided().status_code == truth.sagas[basket.checkout]["answer_status"]
    assert any(truth.sagas[basket.checkout]["state"] == "completed" for basket in known)
    shop.anonymous.check(shop.basket(shoppers[0].person, items[0]).check_out(key=uuid.uuid4().hex), 201)


def fire(shop: Shop, chance: random.Random) -> None:
    """Kills and stops processes for a while."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        process = shop.platform.process(f"{chance.choice(SERVICES)}-{chance.choice(KINDS)}")
        if chance.random() < 0.6:
            process.kill()
        else:
            process.pause()
            time.sleep(chance.uniform(0.5, 3.0))
            process.resume()
        time.sleep(chance.uniform(0.5, 2.5))


class Shopper:
    """Buys two things again and again, now and then twice with one key, whatever becomes of it."""

    def __init__(self, shop: Shop, person: Person, items: list[Item], seed: str) -> None:
        self.person = person
        self.tried: list[Basket] = []
        self._shop = shop
        self._items = items
        self._chance = random.Random(seed)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._buy)
        person.address()

    def start(self) -> None:
        self._thread.start()

    def leave(self) -> None:
        self._ended.set()
        self._thread.join()

    def _buy(self) -> None:
        while not self._ended.is_set():
            things = self._chance.sample(self._items, 2)
            try:
                basket = self._shop.basket(self.person, *things, method=self._chance.choice(METHODS))
            except (OSError, AssertionError):  # no answer, or 503: there was nothing to buy from
                self._ended.wait(0.2)
                continue
            self.tried.append(basket)
            if basket.try_to_check_out() is None:
                basket.try_to_check_out()
