"""Lists that go out: what a viewer may read of a kind, as XLSX or CSV that import takes back unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from matchmaker.services import permissions
from matchmaker.services.disclosure import Watched
from matchmaker.services.facets import Filters
from matchmaker.services.transfer import sheets
from matchmaker.services.transfer.batches import loading, stored_value
from matchmaker.services.transfer.columns import FIELDS, STATE, Field
from matchmaker.services.transfer.values import Say, Shown
from models import CLASSES, Post, User
from models.vocabulary import Kind, State

FORMATS = ("xlsx", "csv")
CHUNK = 200
YUAN = " (10,000 CNY)"
EXAMPLES: dict[str, Shown] = {
    "keywords": "示例关键词一；示例关键词二", "organisation": "示例科技有限公司", "brief": "一两句话，任何人都能看到。",
    "field": "先进制造", "region": "长春市", "modes": "技术转让；合作开发", "indicators": "抗拉强度 ≥ 800 MPa（室温）",
    "trl": "通过中试", "budget": 50, "price": 80, "from_year": 2026, "to_year": 2027, "contact_name": "示例联系人",
    "contact_email": "name@example.com", "valid_until": "2027-12-31", "external_id": "001", "days_per_year": 20,
    "research_fields": "示例方向一；示例方向二", "offers": "技术诊断；技术咨询", "facility_kind": "中试中心",
    "completers": "示例人员（示例大学）", "stage": "中期阶段（中试）", "ip": "发明 示例号码1 已授权 示例大学",
}


def write(  # noqa: PLR0913, PLR0917 - whose list, of what, where to, and in which words
    session: Session, viewer: User | None, kind: Kind, filters: Filters, path: Path, ask: Watched | None = None,
    say: Say = str,
) -> None:
    """Write what `viewer` may read of the posts of `kind`; the format is that of `path`'s name.

    `ask` remembers what went out that is not public, for the ledger; `say` tells headers and closed lists in the
    reader's language, in words that import recognises.
    """
    wanted = (Post.kind == kind.value, permissions.visible_posts(viewer), *filters.conditions())
    fields = list(FIELDS[kind].values())
    columns = [*(header(field, say) for field in fields), say(STATE)]
    shown = partial(_shown, ask or Watched(), viewer, say)
    sheets.write(path, columns, lambda: _rows(session, kind, fields, wanted, shown, say),
                 [*_longest(session, kind, fields, wanted), 0])


def template(kind: Kind, path: Path, say: Say = str) -> None:
    """A workbook to fill in for a kind: columns, one example row, and what each column takes.

    `say` tells it in the reader's language; every header is one that import recognises.
    """
    fields = [field for field in FIELDS[kind].values() if field.name not in ("number", "source", "source_note")]
    example = [EXAMPLES.get(field.name, "示例（请删除此行）" if field.name == "title" else "") for field in fields]
    headers = [header(field, say) for field in fields]
    rows = [_explained(field, say) for field in fields]
    sheets.template(path, headers, example, [(head, *row) for head, row in zip(headers, rows, strict=True)], say)


def header(field: Field, say: Say) -> str:
    """The label in Chinese; for readers of another language the name, in words: Main problem, Budget (10,000 CNY)."""
    if say(field.label) == field.label:
        return field.label
    words = field.name.rpartition(".")[2].replace("_", " ")
    return f"{words.upper() if len(words) < 4 else words.capitalize()}{YUAN if '万元' in field.label else ''}"


def _explained(field: Field, say: Say) -> tuple[str, str, str, str]:
    choices = field.type.choices
    shown = "、".join(choices[:40]) + (f" 等 {len(choices)} 项" if len(choices) > 40 else "")
    return say(field.label), say("必填") if field.required else "", say(field.hint), shown


def _rows(
    session: Session, kind: Kind, fields: Sequence[Field], wanted: Sequence[ColumnElement[bool]],
    shown: Callable[[Post, Field], Shown], say: Say,
) -> Iterator[list[Shown]]:
    """Chunk by chunk, so that a long list costs little memory."""
    last = 0
    model = CLASSES[kind]
    while True:
        query = select(model).where(*wanted, model.id > last).order_by(model.id).limit(CHUNK)
        posts = session.scalars(query.options(*loading(["indicators"]))).all()
        for post in posts:
            yield [*(shown(post, field) for field in fields), say(State(post.state).label)]
        if len(posts) < CHUNK:
            return
        last = posts[-1].id
        session.expunge_all()


def _shown(ask: Watched, viewer: User | None, say: Say, post: Post, field: Field) -> Shown:
    """What the viewer may read of one field; what the import would take for nothing is left empty."""
    value = stored_value(post, field.name)
    if value in (None, "", [], {}) or not ask.can_read_field(viewer, post, field.name):
        return ""
    return field.type.spoken(value, say) if field.type.spoken else field.type.show(value)


def _longest(
    session: Session, kind: Kind, fields: Sequence[Field], wanted: Sequence[ColumnElement[bool]],
) -> list[int]:
    """The characters of the longest entry of each column that may outgrow a workbook's cell."""
    model = CLASSES[kind]
    wide: list[tuple[int, InstrumentedAttribute[Any]]] = [
        (place, getattr(model, field.name)) for place, field in enumerate(fields) if field.type.wide]
    found = session.execute(select(*(func.max(func.length(column)) for _place, column in wide)).where(*wanted)).one()
    lengths = dict(zip((place for place, _column in wide), found, strict=True))
    return [lengths.get(place) or 0 for place in range(len(fields))]
