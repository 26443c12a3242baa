"""The platform that is fuzzed, whose throttles are as good as off: they answer 429 and let nothing be seen behind."""

from collections.abc import Iterator

import pytest

from local.platform import Platform, Ports
from tests.fuzz.callers import World
from tests.shop import Shop

UNTHROTTLED = dict.fromkeys(
    ("THROTTLE_LOGIN_ADDRESS", "THROTTLE_LOGIN_ACCOUNT", "THROTTLE_REGISTER_ADDRESS"), "1000000000/min"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--minutes", type=float, default=2.0, help="about how long, on two cores")
    parser.addoption("--seed", type=int, default=1, help="makes the same requests again")
    parser.addoption("--service", default="", help="only this one")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("platform")
    environment = {"auth": UNTHROTTLED}
    with Platform(folder, ports=Ports.free(), throw_away=True, environment=environment, say=print) as platform:
        yield World(Shop(platform, {}))
