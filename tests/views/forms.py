"""The forms of a page, as a browser would send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

TEXTS = frozenset({"text", "search", "email", "url", "tel", "number", "date", "time", "hidden", "password", "month"})


@dataclass
class Form:
    """Where a form goes, and its fields in the order of the page: name and what stands in it."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """Name → type of input, `select` or `textarea`."""

    def data(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in self.fields:
            found.setdefault(name, []).append(value)
        return found


class _Reader(HTMLParser):
    def __init__(self, here: str) -> None:
        super().__init__()
        self.here, self.found = here, list[Form]()
        self.form: Form | None = None
        self.select: str | None = None
        self.area: str | None = None
        self.chosen = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form(has.get("action") or self.here) if has.get("method", "").lower() == "post" else None
        if self.form is None:
            return
        name = has.get("name", "")
        if tag == "input" and name:
            self._input(has, name)
        elif tag == "textarea" and name:
            self.area = name
            self.form.names[name] = "textarea"
            self.form.fields.append((name, ""))
        elif tag == "select" and name:
            self.select, self.chosen = name, False
            self.form.names[name] = "select"
        elif tag == "option" and self.select:
            self._option(has)
        elif tag == "button" and name and has.get("type", "submit") == "submit":
            self.form.names.setdefault(name, "button")

    def _input(self, has: dict[str, str], name: str) -> None:
        kind = has.get("type", "text").lower()
        assert self.form is not None
        self.form.names[name] = kind
        if kind == "file":
            self.form.files.append(name)
        elif kind in TEXTS or "checked" in has:
            self.form.fields.append((name, has.get("value", "on" if kind == "checkbox" else "")))

    def _option(self, has: dict[str, str]) -> None:
        """The chosen one, or else the first."""
        assert self.form is not None
        assert self.select is not None
        if "selected" in has or not self.chosen:
            if self.chosen:
                self.form.fields.pop()
            self.form.fields.append((self.select, has.get("value", "")))
            self.chosen = True

    def handle_data(self, data: str) -> None:
        if self.form is not None and self.area is not None:
            self.form.fields[-1] = (self.area, self.form.fields[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.form is not None:
            self.found.append(self.form)
            self.form = None
        elif tag == "textarea":
            self.area = None
        elif tag == "select":
            self.select = None


def forms_of(page: str, here: str) -> list[Form]:
    """Every form of the page that is sent by POST."""
    reader = _Reader(here)
    reader.feed(page)
    return reader.found
