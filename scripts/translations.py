"""The English catalogue of the pages: `python -m scripts.translations [update|check]`.

`update` puts every sentence of pages and forms that the catalogue lacks into matchmaker/translations/en, untranslated,
and takes out what no page says any more; `check` names what is missing and fails. The compiled catalogue is made by the
product when it starts.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from matchmaker.config import SETTINGS
from matchmaker.ranking import features, rules
from matchmaker.services import (
    casesteps,
    coaching_words,
    content,
    contract_rules,
    contracts,
    document_fields,
    expiring,
    facets,
    lists,
    matching,
    minutes,
    office,
    posts,
    requirements,
    reviews,
    targets,
)
from matchmaker.services.figures import period, showing
from matchmaker.services.figures.table import FIGURES
from matchmaker.services.transfer import columns, sheets
from matchmaker.speech import CHINESE, PLACE
from matchmaker.views import home, metadata, words
from models import vocabulary
from models.vocabulary import Kind, Role, Vocabulary

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ROOT / "matchmaker"
CATALOGUE = PRODUCT / "translations" / "en" / "LC_MESSAGES" / "messages.po"
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "_l": None, "ngettext": (1, 2)}
LONG = ("industry", "region", "discipline")
"""Official lists that stay in Chinese."""
SILENT = (
    "cli/", "config.py", "encoders.py", "speech.py", "ranking/indicators/", "services/demo",
    "services/document_fields.py", "services/document_facts.py", "services/elements.py", "services/exporting.py",
    "services/learning.py", "services/official_", "services/registration.py", "services/weighing.py",
    "services/transfer/columns.py", "services/transfer/naming.py", "services/transfer/sheets.py",
)
"""Code that speaks to operators, writes Chinese papers and tables, or holds words to be recognised."""
WORD_LISTS = ("services/transfer/rows.py", "services/transfer/values.py")
"""Here only forms are said; the other strings are words to be recognised."""
NO_SENTENCE = re.compile(r"\.\w+$|\{\d\}\.\{\d\}|\||\\\\|^\[")
"""Names of files, and patterns."""
PLACES = re.compile(r"%\((\w+)\)s|%[sd]|\{(\w*)\}")


def sentences() -> Iterator[str]:
    """Everything that a page may say, in Chinese: what templates and forms mark, and the labels of closed lists."""
    for _, _, said, _, _ in extract_from_dir(PRODUCT, METHODS, keywords=KEYWORDS):
        yield said if isinstance(said, str) else said[0]
    for thing in vars(vocabulary).values():
        if isinstance(thing, Vocabulary) and thing.name not in LONG:
            yield from thing.values()
    yield from (one.label for group in (Kind, Role) for one in group)
    yield from _tables()
    yield from _rows()
    yield from _spoken()
    yield from (f"{side}{{0}}" for side in contract_rules.SIDES.values())
    for root, fields in document_fields.ROOTS.values():
        yield from (root, *(meaning for meaning, _ in fields.values()))
    yield from (str(one.default) for one in SETTINGS if one.name == "SITE_NAME")


def _tables() -> Iterator[str]:
    """What tables of codes and labels say."""
    tables: tuple[Mapping[Any, str], ...] = (
        words.BANDS, words.VERDICTS, words.JOBS, words.JOB_STATES, words.FEATURES, words.CASE_ACTIONS,
        words.UNNAMED, *content.EDITABLE.values(), reviews.LABELS, reviews.WHOSE, requirements.QUESTIONS,
        casesteps.REQUIREMENTS, minutes.FINDINGS, targets.GATHERED, period.KINDS, showing.GROUPINGS,
        facets.AMOUNT_LABELS, facets.MATURITY_LABELS, metadata.ABOUT)
    for table in tables:
        yield from table.values()
    groups: tuple[tuple[str, ...], ...] = (
        home.EXAMPLES, *matching.NEXT_STEPS.values(), *showing.HEADINGS.values(),
        *coaching_words.WHY.values(), *features.explain(), *rules.explain())
    for group in groups:
        yield from group


def _rows() -> Iterator[str]:
    """What rows of steps, settings, filters, orders, checks and figures say."""
    steps: tuple[Any, ...] = (
        *posts.TRANSITIONS.values(), *casesteps.TRANSITIONS.values(), *contracts.TRANSITIONS.values())
    for step in steps:
        yield from (step.label, step.warning)
    helped: tuple[Any, ...] = (
        *office.OPTIONS.values(), *(item for items in reviews.CHECKLIST.values() for item in items))
    for option in helped:
        yield from (option.label, option.help)
    for part in facets.PARTS.values():
        yield from (part.title, *(part.titles or {}).values())
    fields = (field for some in columns.FIELDS.values() for field in some.values())
    for field in fields:
        yield from (field.label, field.hint)
    yield from (*sheets.EXPLAINED, "清单", "填写说明", "必填", "模板")
    labelled: tuple[Any, ...] = (*lists.SORTS.values(), *expiring.Part)
    for row in labelled:
        yield row.label
    for figure in FIGURES.values():
        yield from (figure.name, figure.dated)


def _spoken() -> Iterator[str]:
    """What the code of the product says besides: its strings with Chinese in them, f-strings as forms ("第 {0} 行")."""
    for path in sorted(PRODUCT.rglob("*.py")):
        name = path.relative_to(PRODUCT).as_posix()
        if not name.startswith(SILENT):
            yield from (one for one in _strings(ast.parse(path.read_text("utf-8")), forms_only=name in WORD_LISTS)
                        if CHINESE.search(PLACE.sub("", one)) and not NO_SENTENCE.search(one))


def _strings(tree: ast.AST, *, forms_only: bool) -> Iterator[str]:
    """Every string but docstrings, and those that f-strings are made of."""
    passed = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    passed |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in passed:
            continue
        if isinstance(node, ast.JoinedStr):
            yield _form(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not forms_only:
            yield node.value


def _form(node: ast.JoinedStr) -> str:
    places = (f"{{{n}}}" for n in itertools.count())
    return "".join(str(part.value).replace("{", "{{").replace("}", "}}") if isinstance(part, ast.Constant)
                   else next(places) for part in node.values)


def read() -> Catalog:
    if not CATALOGUE.exists():
        return Catalog(locale="en", project="matchmaker", charset="utf-8")
    with CATALOGUE.open("rb") as stream:
        return read_po(stream, locale="en")


def faults(catalogue: Catalog) -> list[str]:
    """What a reader of English would stumble over: sentences without translation, or with other places to fill in."""
    found = []
    for sentence in sorted(set(sentences()) - {""}):
        said = catalogue.get(sentence)
        if said is None or not said.string or said.fuzzy:
            found.append(f"没有译文：{sentence}")
        elif _places(sentence) != _places(str(said.string)):
            found.append(f"译文的占位不同：{sentence}")
    return found


def _places(sentence: str) -> list[tuple[str, ...]]:
    return sorted(PLACES.findall(sentence))


def update() -> None:
    """Bring the file up to date; translations that are still needed stay."""
    old, new = read(), Catalog(locale="en", project="matchmaker", charset="utf-8")
    for sentence in sorted(set(sentences()) - {""}):
        known: Message | None = old.get(sentence)
        new.add(sentence, known.string if known else "")
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as stream:
        write_po(stream, new, width=0, omit_header=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["update", "check"], nargs="?", default="check")
    if parser.parse_args().verb == "update":
        update()
    left = faults(read())
    print("\n".join(left[:40]) or "译文齐全。")
    sys.exit(f"共 {len(left)} 处" if left else 0)


if __name__ == "__main__":
    main()
