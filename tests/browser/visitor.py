"""A person at a browser, who notices whatever goes wrong on a page."""

from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, expect

from local import demo_accounts
from local.platform import Platform
from tests.secrets_in_logs import USED

TIMEOUT = 20_000
"""Milliseconds: the machine may be busy."""

expect.set_options(timeout=TIMEOUT)

STYLES_WITHOUT_RULES = """() => [...document.querySelectorAll('link[rel=stylesheet]')]
    .filter(link => !link.sheet || !link.sheet.cssRules.length).map(link => link.href)"""


class Visitor:
    """One browser with cookies of its own. What no page may do is collected in `complaints`."""

    def __init__(self, browser: Browser, platform: Platform, *, language: str = "en") -> None:
        self.platform = platform
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport={"width": 1440, "height": 900}, locale=language)
        self.context.set_default_timeout(TIMEOUT)
        self.page: Page = self.context.new_page()
        self._hosts = {urlsplit(platform.url(service.name)).netloc for service in platform.services}
        self.page.on("console", self._read_console)
        self.page.on("pageerror", lambda error: self._complain(f"script failed: {error}"))
        self.page.on("request", self._check_request)
        self.page.on("response", self._check_response)
        self.page.on("requestfailed", self._check_failure)

    def leave(self) -> None:
        for cookie in self.context.cookies():
            USED.remember(cookie.get("value"))
        self.context.close()

    # Going somewhere

    def open(self, service: str, path: str, status: int = 200) -> None:
        """Goes to an address, as one typed into the address bar, and looks at the page that comes."""
        response = self.page.goto(f"{self.platform.url(service)}{path}")
        assert response is not None
        assert response.status == status, f"{path} of {service} answered {response.status}: {self.text()[:400]}"
        self.look()

    def click(self, target: str | Locator, status: int = 200) -> None:
        """Clicks on what leads to another page, and looks at it."""
        locator = self.page.locator(target) if isinstance(target, str) else target
        # Links to "#" only run a script, which may go on to another page.
        with self.page.expect_navigation(url=lambda url: not url.endswith("#")) as navigation:
            locator.click()
        assert navigation.value.status == status, f"{self.page.url} answered {navigation.value.status}"
        self.look()

    def reads(self, service: str, path: str) -> int:
        """The status of an address, asked for with this browser's cookies but not shown."""
        return self.context.request.get(f"{self.platform.url(service)}{path}").status

    def look(self) -> None:
        """The page has its styles, and is no page about an error."""
        self.page.wait_for_load_state("load")
        assert self.page.evaluate(STYLES_WITHOUT_RULES) == []
        assert self.page.locator("h1, .title, #swagger-ui, form").count() > 0, self.text()[:400]

    def text(self) -> str:
        return self.page.locator("body").inner_text()

    def path(self) -> str:
        return urlsplit(self.page.url).path

    # Logging in

    def enter_admin(self, service: str, name: str, password: str = demo_accounts.PASSWORD) -> None:
        """Logs in to the Django admin."""
        self.open(service, "/admin/")
        self.fill_in_login(name, password)
        assert self.path() == "/admin/", self.text()
        expect(self.page.locator("#user-tools")).to_contain_text(name, ignore_case=True)

    def log_in(self, service: str, name: str, password: str = demo_accounts.PASSWORD, *, page: str) -> None:
        """Logs in to the browsable API on a page of it, by its link, and is back on that page."""
        self.page.goto(f"{self.platform.url(service)}{page}")
        self.click(self.page.get_by_role("link", name="Log in"))
        self.fill_in_login(name, password)
        assert self.path() == urlsplit(page).path
        expect(self.page.locator(".navbar")).to_contain_text(name)

    def fill_in_login(self, name: str, password: str) -> None:
        self.page.get_by_label("E-mail").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.click(self.page.get_by_role("button", name="Log in"))

    # Complaints

    def _complain(self, what: str) -> None:
        self.complaints.append(f"{what} (on {self.page.url})")

    def _read_console(self, message: ConsoleMessage) -> None:
        # What failed to load is judged by its status, below.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self._complain(f"console: {message.text}")

    def _check_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https"} and address.netloc not in self._hosts:
            self._complain(f"a page asked for {request.url}")

    def _check_response(self, response: Response) -> None:
        page_itself = response.request.is_navigation_request()
        if response.status >= 500 or (response.status >= 400 and not page_itself):
            self._complain(f"{response.request.method} {response.url} answered {response.status}")

    def _check_failure(self, request: Request) -> None:
        # Chromium says "aborted" of what it gives up because the person went on, and of downloads.
        if request.failure != "net::ERR_ABORTED":
            self._complain(f"{request.url} did not load: {request.failure}")
