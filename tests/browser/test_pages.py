"""Every page in a real browser: readable by everyone, at 1280 and at 390 pixels, by day and by night."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import AXE, House, Visitor

pytestmark = pytest.mark.real
PAGES = (
    ("/", "stranger"), ("/", "enterprise"), ("/", "researcher"), ("/", "broker"), ("/sign-in", "stranger"),
    ("/account", "broker"), ("/needs", "stranger"), ("/needs", "broker"), ("/needs?field=nuclear", "stranger"),
    ("/needs?q=注塑翘曲", "broker"), ("/achievements", "stranger"), ("/experts", "stranger"),
    ("/facilities", "stranger"),
    ("/posts/{need}", "stranger"), ("/posts/{need}", "broker"), ("/posts/{need}?partners=expert", "broker"),
    ("/posts/{long}", "broker"), ("/posts/{achievement}", "stranger"), ("/posts/{expert}", "stranger"),
    ("/posts/{facility}", "stranger"), ("/posts/{waiting}", "broker"), ("/posts/{waiting}/publish", "broker"),
    ("/posts/{need}/edit", "broker"), ("/needs/new", "enterprise"), ("/achievements/new", "researcher"),
    ("/search?q=注塑", "stranger"), ("/search?q=zzzz", "stranger"), ("/desk/status", "broker"),
    ("/transfer/", "broker"), ("/help/reasons", "stranger"), ("/register", "stranger"), ("/reset", "stranger"),
    ("/mail-sent", "stranger"), ("/privacy", "stranger"), ("/organisation", "enterprise"),
    ("/organisation/new", "enterprise"), ("/notices", "enterprise"), ("/notices/settings", "enterprise"),
    ("/account/data", "researcher"), ("/privacy/consent", "researcher"), ("/desk/organisations", "broker"),
)
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_accessible_fits_and_stays_at_home(
    house: House, chromium: Browser, signed_in: dict[str, Any], width: int, scheme: Any
):
    faults = []
    for role, kept in signed_in.items():
        context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme,
                                       storage_state=kept, bypass_csp=False)
        visitor = Visitor(house, context)
        for path, whose in PAGES:
            if whose == role:
                page = visitor.go(path.format(**house.ids))
                faults += [(path, role, fault) for fault in faults_of(page)]
        faults += [(role, wrong) for wrong in visitor.wrong]
        context.close()
    assert faults == [], "\n".join(map(str, faults))


def faults_of(page: Any) -> list[str]:
    """What axe finds on a page, and by how much it is too wide."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("tags => axe.run({runOnly: tags})", AXE_TAGS)
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
