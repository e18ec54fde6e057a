"""The navigation leads everybody to their own places and to no other."""

import re

import pytest

from matchmaker.views.places import GROUPS
from tests.views.conftest import browser

ROLES = ("stranger", "enterprise", "researcher", "broker", "head", "admin")


def links(page):
    bar = re.search(r'<nav class="places".*?</nav>', page, re.DOTALL)
    return re.findall(r'href="([^"]+)"', bar.group())


@pytest.mark.parametrize("role", ROLES)
def test_every_place_that_is_shown_opens(app, people, role):
    client = browser(app, getattr(people, role, None))
    found = links(client.get("/").text)
    assert len(found) >= 5
    assert {client.get(address, follow_redirects=True).status_code for address in found} == {200}


def test_the_log_is_for_those_who_lead(app, people):
    assert "/audit/" in links(browser(app, people.head).get("/").text)
    assert "/audit/" not in links(browser(app, people.broker).get("/").text)


def test_where_one_is_is_marked_also_under_its_heading(app, people):
    page = browser(app, people.head).get("/office/settings").text
    assert re.search(r"<summary data-here>管理", page)


def test_every_place_has_an_address(app):
    there = set(app.view_functions)
    wanted = {place.endpoint for group in GROUPS for place in group.places}
    assert wanted <= there | {"intents.inbox", "cases.board", "cases.day"}
