"""Every page in a real browser: accessible, fitting a phone and a desk by day and by night, light, still, printable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.browser.conftest import AXE, House, Visitor, live
from tests.browser.furnished import FullHouse

pytestmark = pytest.mark.real
PAGES: dict[str, tuple[str, ...]] = {
    "stranger": (
        "/", "/sign-in", "/needs", "/needs?field=nuclear", "/achievements", "/experts", "/facilities", "/posts/{need}",
        "/posts/{achievement}", "/posts/{expert}", "/posts/{facility}", "/search?q=注塑", "/search?q=zzzz",
        "/organisations/{firm}/posts", "/help/reasons", "/trl?reached=6&missed=7", "/stories/", "/stories/{story}",
        "/register", "/register/{register}", "/reset", "/reset/{reset}", "/invite/{invite}", "/mail-sent", "/privacy",
        "/settings/display", "/confirm/{confirm}", "/confirm/office/{unowned}", "/searches/stop/{stop}",
        "/unsubscribe/{unsubscribe}"),
    "enterprise": (
        "/", "/needs/new", "/needs/sheet", "/drafts", "/drafts/{draft}/discard", "/drafts/{ending}/drop", "/expiring",
        "/posts/{need}", "/posts/{waiting}", "/posts/{need}/edit", "/posts/{need}/withdraw",
        "/posts/{need}/disclosures", "/disclosures", "/attachments/{attachment}/remove",
        "/attachments/{attachment}/text", "/intents", "/intents/new?supply={achievement}",
        "/intents/new?need={long}&supply={dear}", "/cases/{case}", "/cases/{case}/documents",
        "/cases/{case}/meetings/new", "/cases/{case}/steps/pass", "/meetings/{meeting}", "/meetings/{held}",
        "/calendar", "/contracts/", "/contracts/{contract_signed}", "/searches", "/searches/new?kind=need&q=注塑",
        "/organisation", "/organisation/new", "/notices", "/notices/settings", "/privacy/consent"),
    "researcher": (
        "/", "/achievements/new", "/experts/new", "/facilities/new", "/posts/{achievement}/edit", "/openings",
        "/posts/{expert}", "/posts/{facility}/services", "/cases/{waiting_case}", "/intents", "/account/data"),
    "broker": (
        "/", "/needs?q=注塑翘曲", "/posts/{need}", "/posts/{need}?partners=expert", "/posts/{long}", "/reviews/",
        "/reviews/{waiting}", "/posts/{waiting}/publish", "/desk/organisations", "/desk/status", "/account", "/cases",
        "/cases/day", "/cases/sharing", "/cases/{case}", "/cases/{case}/documents", "/cases/{case}/steps/pass",
        "/meetings/{held}", "/contracts/", "/contracts/new?case={case}", "/contracts/{contract}",
        "/contracts/{contract_draft}", "/contracts/{contract_draft}/edit", "/contracts/{contract}/schedule",
        "/contracts/{contract}/versions/1", "/contracts/{contract}/sharing",
        "/contracts/{contract_draft}/steps/sign", "/follow-ups/", "/activities/",
        "/activities/new", "/activities/1", "/transfer/", "/transfer/uploads/{upload}", "/transfer/jobs/{job}",
        "/dashboard", "/figures", "/figures/needs_published", "/reports/", "/reports/agency", "/targets/",
        "/targets/goals/{goal}"),
    "admin": (
        "/", "/admin/users", "/audit/", "/office/settings", "/office/split", "/office/templates",
        "/office/templates/nda", "/targets/goals", "/targets/goals/new", "/targets/goals/1/edit"),
}
NO_PAGES = {
    "parts of a page": ("matches.partners", "matches.progress", "pool.named"),
    "only lead elsewhere": ("cases.message", "searches.results"),
    "files and data": (
        "api.listing", "api.show", "attachments.download", "dashboard.chart", "dashboard.download",
        "documents.download", "documents.sample", "documents.template_file", "contracts.registration", "feeds.hall",
        "feeds.opensearch", "feeds.robots", "feeds.sitemap", "feeds.sitemap_file", "health.alive", "health.ready",
        "meetings.download", "meetings.feed", "official_form.blank", "privacy.export", "reports.download",
        "sharing.download", "static", "transfer.export", "transfer.template", "transfer.wrong"),
}
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_BYTES, MOST_SHIFT = 300_000, 0.05
MEASURES = """new Promise(done => {
  let shift = 0;
  new PerformanceObserver(seen => seen.getEntries().forEach(one => { shift += one.hadRecentInput ? 0 : one.value; }))
    .observe({type: "layout-shift", buffered: true});
  const loaded = ["navigation", "resource"].flatMap(kind => performance.getEntriesByType(kind));
  setTimeout(() => done([loaded.reduce((sum, one) => sum + one.encodedBodySize, 0), shift]), 60);
})"""
CUT_ON_PAPER = """[...document.querySelectorAll("main *")].filter(one => one.checkVisibility()
  && one.scrollWidth > one.clientWidth + 2 && !["visible", "clip"].includes(getComputedStyle(one).overflowX)
  && !one.closest(".visually-hidden, select, textarea, input")).map(one => one.outerHTML.slice(0, 90))"""
ON_PAPER = """[
  ...[...document.querySelectorAll(".top, .foot, .tabs")].filter(one => one.checkVisibility())
    .map(one => "printed: " + one.className),
  ...[...document.querySelectorAll("h1, h2, dt, dd, p")].filter(one => one.checkVisibility()
    && getComputedStyle(one).color.match(/\\d+/g).slice(0, 3).every(part => part > 140))
    .map(one => "pale on paper: " + one.outerHTML.slice(0, 90))]"""
LINKS = "[...document.querySelectorAll('a[href^=\"/\"]')].map(one => one.getAttribute('href'))"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullHouse]:
    yield from live(FullHouse(tmp_path_factory.mktemp("full")))


def test_no_page_is_forgotten(house: House):
    """An address that is not a page says so above; every other one is opened below."""
    adapter = house.app.url_map.bind("localhost")
    opened = {adapter.match(urlsplit(path).path.format_map(Anything()), method="GET")[0]
              for paths in PAGES.values() for path in paths}
    others = {name for names in NO_PAGES.values() for name in names}
    known = {rule.endpoint for rule in house.app.url_map.iter_rules() if rule.methods and "GET" in rule.methods}
    assert (known - opened - others, (opened | others) - known, opened & others) == (set(), set(), set())


class Anything(dict[str, str]):
    """Some value for every part of an address."""

    def __missing__(self, key: str) -> str:
        return "1"


@pytest.mark.parametrize("role", PAGES)
def test_every_page_of(full: FullHouse, chromium: Browser, role: str):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    visitor = Visitor(full, context)
    if role != "stranger":
        visitor.sign_in(role)
    faults: list[Any] = []
    led = Led(full.app)
    for path in PAGES[role]:
        page = visitor.go(path.format(**full.ids))
        faults += [(path, fault) for fault in [*_measured(page), *_looked_at(page), *led.nowhere(page)]]
        faults += [(path, wrong) for wrong in visitor.wrong]
        visitor.wrong.clear()
    context.close()
    assert faults == [], "\n".join(map(str, faults))


def _measured(page: Page) -> list[str]:
    """Of what was just loaded: too much to transfer, or moved about while it came."""
    size, shift = page.evaluate(MEASURES)
    return [*([f"{size} bytes"] if size > MOST_BYTES else []),
            *([f"layout moved by {shift:.3f}"] if shift > MOST_SHIFT else [])]


def _looked_at(page: Page) -> list[str]:
    """A phone by day, a desk by night, and paper."""
    page.evaluate("document.querySelectorAll('.step').forEach(step => { step.hidden = false; })")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="light", media="screen")
    faults = faults_of(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-bs-theme=dark]")
    faults += faults_of(page)
    page.set_viewport_size({"width": 760, "height": 1075})
    page.emulate_media(color_scheme="dark", media="print")
    faults += page.evaluate(ON_PAPER)
    faults += [f"cut on paper: {one}" for one in page.evaluate(CUT_ON_PAPER)]
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 390, "height": 844})
    return faults


class Led:
    """Follows one link of each sort that pages show: of an address, what it asks for, and nothing more."""

    def __init__(self, app: Flask) -> None:
        self.adapter, self.known = app.url_map.bind("localhost"), {("static", "")}

    def nowhere(self, page: Page) -> list[str]:
        faults = []
        for href in page.evaluate(LINKS):
            found = urlsplit(href)
            asked = "&".join(sorted(part.split("=")[0] for part in found.query.split("&")))
            endpoint, values = self.adapter.match(found.path, method="GET")
            sort = (endpoint + str(values.get("action", "")), asked)
            if sort not in self.known:
                self.known.add(sort)
                answer = page.request.get(page.url.split("/", 3)[0] + "//" + urlsplit(page.url).netloc + href)
                faults += [f"{href} answers {answer.status}"] if answer.status >= 400 else []
        return faults


def faults_of(page: Page) -> list[str]:
    """What axe finds on a page, and by how much it is too wide."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("tags => axe.run({runOnly: tags, resultTypes: ['violations']})", AXE_TAGS)
    said = [f"{one['id']}: {one['nodes'][0]['html'][:120]} {one['nodes'][0]['failureSummary'][:200]}"
            for one in found["violations"]]
    return said + ([f"wider than the window by {wide} px"] if wide > 0 else [])


def test_the_colours_follow_the_system_without_a_flash(house: House, chromium: Browser):
    context = chromium.new_context(color_scheme="dark")
    visitor = Visitor(house, context)
    page = visitor.go("/")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.emulate_media(color_scheme="light")
    page.wait_for_function("document.documentElement.dataset.bsTheme === 'light'")
    context.close()
