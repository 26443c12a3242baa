"""The marketplace under test, and the people in it: what a test needs to say in one line.

Everybody uses the public API of the aggregator; sellers put products up at the inventory service, as they do in
their browser.
"""

import email
import email.policy
import itertools
import re
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import requests

from chassis.testing_contract import Answer, Contract, contract_of
from local import demo_accounts, logs
from local.demo_accounts import DemoAccount
from local.platform import Platform
from local.services import ROOT
from tests.faults import FaultProxy
from tests.secrets_in_logs import USED

Found = TypeVar("Found")

CHECKOUTS = uuid.UUID("6c1d3b52-3f0e-5a66-9a0b-6d1f8f0f6d55")
"""Namespace of the checkouts' ids, which derive from the buyer and the Idempotency-Key; test_journey pins it."""

PASSWORD = "four words of nonsense 7"
TOKEN_LIFE = 480.0
TIMEOUT = 40.0
BREAKER_SECONDS = 2.5
"""How long the aggregator may go on not calling a service that failed several times in a row."""

EUR = "EUR"
VISA = "pm_card_visa"
DECLINED = "pm_card_chargeDeclined"
ADDRESS = {
    "full_name": "Ada Lovelace",
    "line1": "12 rue des Lilas",
    "postal_code": "75011",
    "city": "Paris",
    "country": "FR",
}


def eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": EUR}


def fresh_email(name: str = "buyer") -> str:
    return f"{name}.{uuid.uuid4().hex[:10]}@example.com"


class Api:
    """Somebody's way to one service; each call has a connection of its own, so that any number of threads may call.

    Every answer is held against the service's committed spec.
    """

    def __init__(
        self, base: str, *, contract: Contract, log: Path, login: "Login | None" = None, language: str = "en"
    ) -> None:
        self.base = base
        self.contract = contract
        self.log = log
        self.login = login
        self.language = language

    def call(self, method: str, path: str, *, key: str | None = None, **options: Any) -> requests.Response:
        """The answer, whatever it is. Raises `requests.RequestException` when there is none.

        `key` is the Idempotency-Key. Paths that do not start with a slash lie outside /api/v1.
        """
        headers = {"X-Request-ID": uuid.uuid4().hex, "Accept": "application/json", "Accept-Language": self.language}
        if self.login is not None:
            headers["Authorization"] = f"Bearer {self.login.access()}"
        if key is not None:
            headers["Idempotency-Key"] = key
        headers |= options.pop("headers", {})
        url = f"{self.base}/api/v1{path}" if path.startswith("/") else f"{self.base}/{path}"
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, url, headers=headers, timeout=options.pop("timeout", TIMEOUT), **options)
        self.contract.check(answer_of(answer))
        USED.see(answer)
        return answer

    def expect(self, method: str, path: str, status: int | Collection[int], **options: Any) -> Any:
        """The answer's JSON (None where it is empty); shows the request's logs when the status is another."""
        answer = self.call(method, path, **options)
        self.check(answer, status)
        return answer.json() if answer.content else None

    def check(self, answer: requests.Response, status: int | Collection[int]) -> None:
        accepted = {status} if isinstance(status, int) else set(status)
        if answer.status_code not in accepted:
            request = answer.headers.get("X-Request-ID", "")
            show_logs(self.log, request)
            raise AssertionError(
                f"{answer.request.method} {answer.request.path_url} answered {answer.status_code}, not {status} "
                f"(request {request}): {answer.text[:1000]}"
            )

    def refused(self, method: str, path: str, status: int, code: str | None = None, **options: Any) -> dict[str, Any]:
        """The problem that the call is refused with; everything that every problem has is checked."""
        answer = self.call(method, path, **options)
        self.check(answer, status)
        return problem_of(answer, code)


def answer_of(answer: requests.Response) -> Answer:
    """The answer as its contract looks at it."""
    return Answer(
        method=answer.request.method or "",
        path=unquote(urlsplit(answer.request.url or "").path),
        accept=answer.request.headers.get("Accept", ""),
        status=answer.status_code,
        headers={name.lower(): value for name, value in answer.headers.items()},
        body=answer.content,
    )


def problem_of(answer: requests.Response, code: str | None = None) -> dict[str, Any]:
    assert answer.headers["Content-Type"].partition(";")[0] == "application/problem+json", answer.text[:300]
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    assert isinstance(problem["errors"], list)
    if not (code or "").startswith("checkout"):  # a checkout's stored answer keeps the id of the request that made it
        assert problem["request_id"]
    if code is not None:
        assert problem["code"] == code, problem
    return problem


def show_logs(folder: Path, request: str) -> None:
    """Prints what all services logged of a request; pytest shows it with the failure."""
    time.sleep(0.3)  # for the last lines to be written
    logs.show(folder, logs.Filter(request=request), follow=False)


class Login:
    """An account's tokens, renewed by logging in again before they expire."""

    def __init__(self, api: Api, email_address: str, password: str) -> None:
        self._api = api
        self.email = email_address
        self.password = password
        self.tokens: dict[str, Any] = {}
        self._until = 0.0
        self._lock = threading.Lock()

    def access(self) -> str:
        with self._lock:
            if time.monotonic() > self._until:
                body = {"email": self.email, "password": self.password}
                self.tokens = self._api.expect("POST", "/auth/token", 200, json=body)
                self._until = time.monotonic() + TOKEN_LIFE
            return str(self.tokens["access"])


@dataclass(eq=False)
class Person:
    """Somebody with an account."""

    id: str
    email: str
    language: str
    login: Login
    api: Api
    _address: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def address(self) -> str:
        """The id of an address of theirs."""
        with self._lock:
            if not self._address:
                self._address = self.api.expect("POST", "/addresses", 201, json=ADDRESS)["id"]
            return self._address


@dataclass(frozen=True)
class Item:
    """A variant that is on sale, made for one test."""

    product: str
    slug: str
    variant: str
    price: int
    seller: Person


@dataclass(eq=False)
class Basket:
    """A filled cart and how its buyer means to pay for it. All that its checkout makes is known by name beforehand."""

    buyer: Person
    cart: str
    total: dict[str, Any]
    address: str
    method: str
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def checkout(self) -> uuid.UUID:
        return uuid.uuid5(CHECKOUTS, f"{self.buyer.id}\n{self.key}")

    @property
    def reservation(self) -> uuid.UUID:
        return uuid.uuid5(self.checkout, "reservation")

    @property
    def order(self) -> uuid.UUID:
        return uuid.uuid5(self.checkout, "order")

    @property
    def payment(self) -> uuid.UUID:
        return uuid.uuid5(self.checkout, "payment")

    def body(self) -> dict[str, Any]:
        return {
            "cart": self.cart,
            "shipping_address": self.address,
            "payment_method": self.method,
            "expected_total": self.total,
        }

    def check_out(self, *, key: str | None = None) -> requests.Response:
        return self.buyer.api.call("POST", "/checkouts", json=self.body(), key=key or self.key)

    def try_to_check_out(self) -> requests.Response | None:
        """The answer, or None where there was none."""
        try:
            return self.check_out()
        except requests.RequestException:
            return None

    def cancel(self) -> requests.Response:
        return self.buyer.api.call("POST", f"/checkouts/{self.checkout}/cancel")

    def decided(self, seconds: float = 90.0) -> requests.Response:
        """Asks again with the same key, as a client does that got no answer, until the answer is a final one."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.try_to_check_out()
            if answer is not None and answer.status_code not in {202, 503}:
                return answer
            if time.monotonic() > deadline:
                said = "nothing" if answer is None else f"{answer.status_code} {answer.text[:500]}"
                raise AssertionError(f"checkout {self.checkout} is undecided after {seconds} s; last answer: {said}")
            time.sleep(0.25)


class Shop:
    """The running platform, with a proxy between the aggregator and each service."""

    def __init__(self, platform: Platform, proxies: dict[str, FaultProxy]) -> None:
        self.platform = platform
        self.proxies = proxies
        self.log = platform.root / "log"
        self.mail = platform.root / "mail"
        self.anonymous = self.api()
        self._people: dict[str, Person] = {}
        self._lock = threading.Lock()
        self._unused_buyers = itertools.cycle(demo_accounts.buyers())
        self._category = ""
        # Demo logins cost the auth service a hash each: few at once.
        self._logins = threading.BoundedSemaphore(4)

    def api(self, service: str = "aggregator", *, login: Login | None = None, language: str = "en") -> Api:
        contract = contract_of(ROOT / f"{service}_service")
        return Api(self.platform.url(service), contract=contract, log=self.log, login=login, language=language)

    # People

    def person(self, account: DemoAccount) -> Person:
        """A demo account, logged in."""
        with self._lock:
            known = self._people.get(account.id)
            if known is None:
                login = Login(self.anonymous, account.email, account.password)
                api = self.api(login=login, language=account.language)
                known = Person(account.id, account.email, account.language, login, api)
                self._people[account.id] = known
        with self._logins:
            known.login.access()
        return known

    def buyer(self, language: str | None = None) -> Person:
        """One of the 150 verified demo buyers, in turn; of that language."""
        while True:
            with self._lock:
                account = next(self._unused_buyers)
            if language in {None, account.language}:
                return self.person(account)

    def buyers(self, count: int) -> list[Person]:
        """So many different verified buyers."""
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(self.person, demo_accounts.buyers()[:count]))

    def seller(self, number: int = 0) -> Person:
        return self.person(demo_accounts.sellers()[number])

    def admin(self) -> Person:
        return self.person(demo_accounts.admin())

    def registered(self, *, verified: bool = True, language: str = "en") -> Person:
        """A new account, by way of the mailed link where it is verified."""
        address = fresh_email()
        account = {"email": address, "password": PASSWORD, "full_name": "Ada Lovelace", "language": language}
        self.anonymous.expect("POST", "/accounts", 201, json=account)
        if verified:
            self.anonymous.expect("POST", "/accounts/verify", 204, json={"token": self.mailed_token(address)})
        login = Login(self.anonymous, address, PASSWORD)
        api = self.api(login=login, language=language)
        return Person(api.expect("GET", "/accounts/me", 200)["id"], address, language, login, api)

    # Mails

    def mails_to(self, address: str) -> list[EmailMessage]:
        """All mails to an address, oldest first."""
        found = []
        for path in sorted(self.mail.glob("*.eml"), key=lambda path: path.stat().st_mtime):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if address in str(message["To"]):
                found.append(message)
        return found

    def mail_to(self, address: str, subject: str, seconds: float = 20.0) -> EmailMessage:
        """The newest mail to an address whose subject holds that text; waits for it."""
        return eventually(
            lambda: next((mail for mail in reversed(self.mails_to(address)) if subject in mail["Subject"]), None),
            seconds,
            f"a mail to {address} about {subject!r}",
        )

    def mailed_token(self, address: str) -> str:
        link = re.search(r"https?://\S*[?&]token=[^\s\"'<>]+", text_of(self.mail_to(address, "")))
        assert link is not None
        return parse_qs(urlsplit(link[0]).query)["token"][0]

    # Things

    def item(self, *, stock: int = 5, price: int = 1999, seller: int = 0, title: str = "Test lamp") -> Item:
        """A published product with one variant and so many pieces of it, in minor units each."""
        person = self.seller(seller)
        inventory = self.api("inventory", login=person.login)
        product = inventory.expect(
            "POST",
            "/seller/products",
            201,
            json={"category": self.category(), "title": title, "description": "For tests.", "state": "published"},
        )
        variant = inventory.expect(
            "POST",
            "/seller/variants",
            201,
            json={"product": product["id"], "sku": f"T-{uuid.uuid4().hex[:12]}", "title": "One", "price_amount": price},
        )
        if stock:
            movement = {"delta": stock, "reason": "receipt"}
            inventory.expect("POST", f"/seller/variants/{variant['id']}/movements", 201, json=movement)
        return Item(product["id"], product["slug"], variant["id"], price, person)

    def category(self) -> str:
        if not self._category:
            self._category = self.anonymous.expect("GET", "/categories", 200)["results"][-1]["slug"]
        return self._category

    def available(self, item: Item) -> int:
        (variant,) = self.anonymous.expect("GET", f"/products/{item.product}", 200)["variants"]
        return int(variant["available"])

    def basket(
        self, buyer: Person, item: Item, *more: Item, quantity: int = 1, method: str = VISA, own: bool = False
    ) -> Basket:
        """A cart with so many of each item: an anonymous one, or the buyer's own."""
        api = buyer.api if own else self.anonymous
        cart = api.expect("POST", "/carts", {200, 201})
        for each in (item, *more):
            line = f"/carts/{cart['id']}/lines/{each.variant}"
            cart = api.expect("PUT", line, 200, json={"quantity": quantity})
        return Basket(buyer, cart["id"], cart["total"], buyer.address(), method)

    # Processes

    def kill(self, *names: str) -> None:
        """kill -9 of processes, e.g. `orders-web`, all at the same moment; they are started again by the runner."""
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(lambda name: self.platform.process(name).kill(), names))

    def wait_until_up(self) -> None:
        for service in self.platform.services:
            self.platform.wait_until_ready(service.name)

    def wait_until_whole(self) -> None:
        """Returns once all is up and the aggregator has forgiven its services what they failed to answer."""
        self.wait_until_up()
        failed_at = max(proxy.failed_at for proxy in self.proxies.values())
        time.sleep(max(0.0, failed_at + BREAKER_SECONDS - time.monotonic()))

    def mend(self) -> None:
        """Ends all faults: whatever a test did, the next one finds the platform whole."""
        for service in self.platform.services:
            for kind in ("web", "worker", "postgres"):
                self.platform.process(f"{service.name}-{kind}").resume()
        for proxy in self.proxies.values():
            proxy.reset()
        self.wait_until_whole()


def together(calls: Iterable[Callable[[], Found]]) -> list[Found]:
    """Calls all functions at the same moment, each in a thread; returns their results in order."""
    functions = list(calls)
    barrier = threading.Barrier(len(functions))

    def run(function: Callable[[], Found]) -> Found:
        barrier.wait()
        return function()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(run, functions))


def in_background(pool: ThreadPoolExecutor, baskets: Sequence[Basket]) -> "list[Future[requests.Response | None]]":
    return [pool.submit(basket.try_to_check_out) for basket in baskets]


def eventually(find: Callable[[], Found | None], seconds: float, what: str) -> Found:
    """The first true value that the function returns; fails when none comes in time."""
    deadline = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < deadline, f"{what} did not come within {seconds} s"
        time.sleep(0.05)
    return found


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
