"""Settings: one table, documented, and loud about a bad value."""

import pytest
from flask import request

from matchmaker import config, create_app
from scripts import docs


def test_defaults_are_used_when_nothing_is_set():
    loaded = config.load({})
    assert (loaded.text("HOST"), loaded.count("PORT"), loaded.flag("SECURE_COOKIES")) == ("127.0.0.1", 8000, False)
    assert loaded.database_url.endswith("instance/matchmaker.db")


def test_the_environment_overrides(tmp_path):
    loaded = config.load({"PORT": "9000", "SECURE_COOKIES": "yes", "INSTANCE": str(tmp_path)})
    assert (loaded.count("PORT"), loaded.flag("SECURE_COOKIES"), loaded.instance) == (9000, True, tmp_path)


@pytest.mark.parametrize(("name", "value"), [("PORT", "eighty"), ("SECURE_COOKIES", "maybe"), ("WORKERS", "-1")])
def test_a_bad_value_names_itself(name: str, value: str):
    with pytest.raises(config.BadSetting, match=name):
        config.load({name: value})


@pytest.mark.parametrize("page", sorted(docs.PAGES))
def test_generated_pages_are_up_to_date(page: str):
    assert (docs.DOCS / page).read_text(encoding="utf-8") == docs.PAGES[page](), "run: python -m scripts.docs"


@pytest.mark.parametrize(("proxies", "seen"), [("0", "127.0.0.1"), ("1", "203.0.113.9")])
def test_only_a_trusted_proxy_says_where_a_request_comes_from(tmp_path, proxies: str, seen: str):
    settings = config.load({"INSTANCE": str(tmp_path), "PROXIES": proxies})
    app = create_app(settings)
    app.add_url_rule("/where", view_func=lambda: request.remote_addr or "")
    answer = app.test_client().get("/where", headers={"X-Forwarded-For": "203.0.113.9"})
    app.extensions["sessions"].dispose()
    assert answer.text == seen
