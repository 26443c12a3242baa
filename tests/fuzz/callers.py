"""Who sends the made-up requests, and the names of things that exist: requests about nothing would see only 404s."""

from local.platform import SERVICE_ACCOUNTS
from tests.shop import Shop

SINGULAR = {"addresses": "address"}
CALLERS = ("anonymous", "buyer", "seller", "admin", "service")


class World:
    """A purchase that was made, a cart that is open, and everybody who could have to do with them."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._people = {"buyer": shop.buyer("en"), "seller": shop.seller(), "admin": shop.admin()}
        self._service_token = self._log_the_platform_in()
        self._made = self._make()

    def _log_the_platform_in(self) -> str:
        secret = self.shop.platform.root / "secrets" / "aggregator_client_secret"
        credentials = {"client_id": "aggregator", "client_secret": secret.read_text().strip()}
        issued = self.shop.api("auth").expect("POST", "/auth/service-token", 200, json=credentials)
        assert set(issued["scope"].split()) == set(SERVICE_ACCOUNTS["aggregator"])
        return str(issued["access"])

    def _make(self) -> dict[str, str]:
        buyer, item = self._people["buyer"], self.shop.item(stock=1000)
        basket = self.shop.basket(buyer, item)
        bought = basket.check_out().json()["order"]
        open_cart = self.shop.basket(buyer, self.shop.item(stock=1000), own=True)
        return {
            "address": buyer.address(),
            "buyer": buyer.id,
            "cart": open_cart.cart,
            "category": self.shop.category(),
            "checkout": str(basket.checkout),
            "order": bought["id"],
            "payment": str(basket.payment),
            "product": item.product,
            "reservation": str(basket.reservation),
            "sale": bought["seller_orders"][0]["id"],
            "seller": item.seller.id,
            "shipping_address": buyer.address(),
            "variant": item.variant,
        }

    def headers(self, caller: str) -> dict[str, str]:
        """What the caller sends to say who they are; people's tokens are renewed in time."""
        if caller == "anonymous":
            return {}
        token = self._service_token if caller == "service" else self._people[caller].login.access()
        return {"Authorization": f"Bearer {token}"}

    def existing(self, name: str, path: str) -> str | None:
        """Something that exists, for a field of that name or, in a path, for what comes before it."""
        noun = path.partition(f"/{{{name}}}")[0].rpartition("/")[2]
        return self._made.get(name) or self._made.get(SINGULAR.get(noun, noun.removesuffix("s")))
