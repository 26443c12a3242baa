"""The platform that is fuzzed, whose throttles are as good as off: they answer 429 and let nothing be seen behind."""

from collections.abc import Iterator

import pytest

from local.platform import SERVICE_ACCOUNTS, Platform, Ports
from tests.callers import Callers
from tests.shop import Shop

THROTTLES = ("THROTTLE_LOGIN_ADDRESS", "THROTTLE_LOGIN_ACCOUNT", "THROTTLE_REGISTER_ADDRESS")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--minutes", type=float, default=2.0, help="about how long, on two cores")
    parser.addoption("--seed", type=int, default=1, help="makes the same requests again")
    parser.addoption("--service", default="", help="only this one")


@pytest.fixture(scope="session")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    folder = tmp_path_factory.mktemp("platform")
    environment = {"auth": dict.fromkeys(THROTTLES, "1000000000/min")}
    with Platform(folder, ports=Ports.free(), throw_away=True, environment=environment, say=print) as platform:
        scopes = [scope for scopes in SERVICE_ACCOUNTS.values() for scope in scopes]
        yield Callers(Shop(platform, {}), scopes=scopes)
