"""A page speaks the language that its reader chose."""

import pytest


@pytest.mark.parametrize(("language", "word"), [("en", "Technology needs"), ("zh", "技术需求"), ("xx", "技术需求")])
def test_a_page_speaks_the_language_that_was_chosen(app, language, word):
    client = app.test_client()
    client.set_cookie("language", language)
    assert word in client.get("/").text
