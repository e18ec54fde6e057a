"""What halls are narrowed by: the parts of a filter, each a rule over the columns of a post.

A hall narrows by public facts alone, whoever looks: by organisation it leaves out the posts that hide theirs, by
amount and maturity the staged ones, which do not tell them (`permissions.PUBLIC`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func

from matchmaker.services import permissions
from models import Post, User
from models.vocabulary import FIELDS, INDUSTRIES, MODES, REGIONS, STATES, Kind, Vocabulary

WAN = Decimal(10_000)
AMOUNTS = {"u10": (0, 10), "u50": (10, 50), "u100": (50, 100), "u500": (100, 500), "more": (500, None)}
"""Bands of a budget or price: from (with) and to (without), in 万元."""
OPEN_AMOUNT = "open"
AMOUNT_LABELS = Vocabulary("amount", {
    "u10": "10 万元以内", "u50": "10–50 万元", "u100": "50–100 万元", "u500": "100–500 万元", "more": "500 万元以上",
    OPEN_AMOUNT: "面议",
})
MATURITIES = {"research": (1, 3), "sample": (4, 4), "pilot": (5, 6), "volume": (7, 9)}
MATURITY_LABELS = Vocabulary("maturity", {
    "research": "正在研发（TRL 1–3）", "sample": "已有样品、小试（TRL 4）", "pilot": "通过中试（TRL 5–6）",
    "volume": "可以量产（TRL 7–9）",
})
_table = Post.__table__.c
OPEN = Post.disclosure == "open"
AMOUNT: ColumnElement[Any] = func.coalesce(_table.budget, _table.price)


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; every part a code of its closed list (an organisation: its id), or None."""

    field: str | None = None
    industry: str | None = None
    region: str | None = None
    trl: str | None = None
    mode: str | None = None
    amount: str | None = None
    organisation: str | None = None
    state: str | None = None

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Filters:
        """Filters from what a person sent; what is not in the closed lists is left out."""
        given = {name: asked.get(name, "") for name in cls.__dataclass_fields__}
        return cls(**{name: code for name, code in given.items() if code and PARTS[name].known(code)})

    def without(self, part: str) -> Filters:
        return replace(self, **{part: None})

    def as_query(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}

    def conditions(self) -> list[ColumnElement[bool]]:
        return [condition for name, code in self.as_query().items() for condition in PARTS[name].conditions(code)]


@dataclass(frozen=True)
class Part:
    """One way to narrow a hall down: what is counted, under which codes it counts, and what choosing a code means."""

    title: str
    cell: ColumnElement[Any]
    chosen: Callable[[str], ColumnElement[bool]]
    known: Callable[[str], bool]
    label: Callable[[str], str]
    codes: Callable[[Any, str | None], Iterable[str]] = lambda cell, _chosen: [str(cell)]
    """The codes under which a counted cell falls, given what is chosen."""
    public: ColumnElement[bool] | None = None
    """Which posts tell this of themselves to everyone; None means all."""
    order: Mapping[str, Any] | None = None
    """The order of the codes; None means those with most posts first."""
    titles: Mapping[Kind, str] | None = None

    def conditions(self, code: str) -> list[ColumnElement[bool]]:
        return [self.chosen(code)] if self.public is None else [self.public, self.chosen(code)]


def area_prefix(region: str) -> str:
    """The digits that the codes of all places within a region share."""
    if region.endswith("0000"):
        return region[:2]
    return region[:4] if region.endswith("00") else region


def city(region: str) -> str:
    """The prefecture (or province) that a place belongs to."""
    return f"{region[:4]}00"


def _industry(cell: str, chosen: str | None) -> list[str]:
    """Its section, and its division where its section is chosen."""
    return [cell[:1], cell] if chosen and chosen[:1] == cell[:1] and len(cell) > 1 else [cell[:1]]


def _band(bands: Mapping[str, tuple[int, int | None]], value: ColumnElement[Any], to: Callable[[int], Any]
          ) -> ColumnElement[Any]:
    """The code of the band that a value lies in; a band's upper end is given as the first value beyond it."""
    return case(*((value < to(beyond), code) for code, (_, beyond) in bands.items() if beyond is not None),
                else_=list(bands)[-1])


def _is(value: ColumnElement[Any], code: str) -> ColumnElement[bool]:
    return value == code


_LEVELS = {code: (low, high + 1 if high < 9 else None) for code, (low, high) in MATURITIES.items()}
_AMOUNT_BAND: ColumnElement[Any] = case(
    (AMOUNT.is_(None), OPEN_AMOUNT), else_=_band(AMOUNTS, AMOUNT, lambda wan: wan * WAN))
_TRL_BAND: ColumnElement[Any] = case((Post.trl.is_not(None), _band(_LEVELS, Post.trl.expression, int)))

PARTS: dict[str, Part] = {
    "state": Part("状态", Post.state.expression, lambda code: Post.state == code, STATES.__contains__, STATES.label),
    "field": Part("技术领域", Post.field.expression, lambda code: Post.field == code, FIELDS.__contains__,
                  FIELDS.label),
    "industry": Part("所属行业", func.substr(Post.industry, 1, 3), Post.industry.startswith,
                     INDUSTRIES.__contains__, INDUSTRIES.label, _industry),
    "region": Part("地区", Post.region.expression, lambda code: Post.region.startswith(area_prefix(code)),
                   REGIONS.__contains__, REGIONS.label, lambda cell, _chosen: [city(cell)]),
    "trl": Part("成熟度", _TRL_BAND, lambda code: _is(_TRL_BAND, code), MATURITIES.__contains__, MATURITY_LABELS.label,
                public=OPEN, order=MATURITIES, titles={Kind.NEED: "希望的成熟度"}),
    "mode": Part("合作方式", Post.modes_key.expression, lambda code: Post.modes_key.contains(f",{code},"),
                 MODES.__contains__, MODES.label, lambda cell, _chosen: cell.strip(",").split(",")),
    "amount": Part("价格", _AMOUNT_BAND, lambda code: _is(_AMOUNT_BAND, code), AMOUNT_LABELS.__contains__,
                   AMOUNT_LABELS.label, public=OPEN, order=AMOUNT_LABELS, titles={Kind.NEED: "预算"}),
    "organisation": Part("单位", Post.organisation_id.expression, lambda code: Post.organisation_id == int(code),
                         lambda code: code.isdecimal() and code.isascii() and len(code) < 10, lambda code: code,
                         public=Post.hide_organisation.is_(False)),
}
IN_HALLS: dict[Kind, tuple[str, ...]] = {
    Kind.NEED: ("field", "industry", "region", "amount", "mode", "trl", "organisation"),
    Kind.ACHIEVEMENT: ("field", "industry", "region", "trl", "mode", "amount", "organisation"),
    Kind.EXPERT: ("field", "region", "organisation"),
    Kind.FACILITY: ("field", "region", "organisation"),
}


def scope(viewer: User | None, kind: Kind, filters: Filters) -> ColumnElement[bool]:
    """The posts a hall is about: the published ones; those in another state as far as the viewer may know of them."""
    stands = permissions.visible_posts(viewer) if filters.state else permissions.published_posts(viewer)
    return and_(Post.kind == kind.value, stands)
