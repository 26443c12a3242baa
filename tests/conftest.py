"""One platform for all tests that need one, in a temporary folder and on free ports."""

from collections.abc import Iterator

import pytest

from local.platform import Platform, Ports
from tests.faults import FaultProxy
from tests.secrets_in_logs import USED, known_to, leaks
from tests.shop import Shop


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--exhaustive", action="store_true", help="run also the tests that take long")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "exhaustive: takes long; runs with --exhaustive only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--exhaustive"):
        return
    for item in items:
        if item.get_closest_marker("exhaustive"):
            item.add_marker(pytest.mark.skip(reason="takes long: make test-exhaustive"))


@pytest.fixture(scope="session")
def aggregator_variables() -> dict[str, str]:
    """The aggregator's own settings; a module that needs others is run on a platform of its own."""
    return {}


@pytest.fixture(scope="session")
def throw_away() -> bool:
    """Whether the databases may promise less than in production, to be quicker."""
    return True


@pytest.fixture(scope="session")
def running_shop(
    aggregator_variables: dict[str, str], *, throw_away: bool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    ports = Ports.free()
    proxies = {name: FaultProxy(name, upstream=ports.web[name]) for name in ("auth", "inventory", "orders", "payment")}
    urls = {f"{name.upper()}_URL": proxy.url for name, proxy in proxies.items()}
    environment = {"aggregator": urls | aggregator_variables}
    folder = tmp_path_factory.mktemp("platform")
    with Platform(folder, ports=ports, throw_away=throw_away, environment=environment, say=print) as platform:
        yield Shop(platform, proxies)
        secrets = USED.values | known_to(platform)
    for proxy in proxies.values():
        proxy.close()
    # Now that all of them have ended, nothing is left to be written.
    assert leaks(folder / "log", secrets) == []


@pytest.fixture
def shop(running_shop: Shop) -> Iterator[Shop]:
    """The whole platform; after the test, whatever it broke is mended."""
    yield running_shop
    running_shop.mend()
