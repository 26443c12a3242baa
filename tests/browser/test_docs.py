"""The pages that explain each API."""

from pathlib import Path

import pytest
import yaml
from playwright.sync_api import expect

from local.services import ROOT
from tests.browser.visitor import Visitor

NAMES = ["aggregator", "auth", "inventory", "orders", "payment"]
METHODS = {"get", "put", "post", "patch", "delete"}


@pytest.mark.parametrize("service", NAMES)
def test_the_documentation_shows_every_operation_and_gives_the_committed_spec(
    visitor: Visitor, service: str, tmp_path: Path
) -> None:
    spec = yaml.safe_load((ROOT / f"{service}_service" / "openapi.yaml").read_text())
    operations = [method for path in spec["paths"].values() for method in path if method in METHODS]
    visitor.open(service, "/")
    assert visitor.path() == "/api/docs/"
    expect(visitor.page.locator(".opblock")).to_have_count(len(operations))
    expect(visitor.page.locator(".info .title")).to_contain_text(spec["info"]["title"])
    expect(visitor.page.locator(".errors-wrapper")).to_have_count(0)
    visitor.page.locator(".opblock-summary-control").first.click()
    expect(visitor.page.locator(".opblock.is-open .responses-table").first).to_be_visible()
    with visitor.page.expect_download() as download:
        visitor.page.locator(".info a[href='/api/schema/']").click()
    download.value.save_as(tmp_path / "openapi.yaml")
    served = yaml.safe_load((tmp_path / "openapi.yaml").read_text())
    if service == "aggregator":
        # Where it is served, it links the other services' pages: addresses that the committed one cannot know.
        described = served["info"].pop("description")
        assert described.startswith(spec["info"].pop("description"))
        assert described.count("/api/docs/") == len(NAMES) - 1
    assert served == spec


def test_an_operation_can_be_tried_out_on_its_page(visitor: Visitor) -> None:
    visitor.open("aggregator", "/api/docs/")
    operation = visitor.page.locator("#operations-catalogue-categories_list")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    expect(operation.locator(".live-responses-table")).to_contain_text("kitchen")
