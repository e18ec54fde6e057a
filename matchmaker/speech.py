"""Sentences in the reader's language: what the services say in Chinese, said in English by the catalogue.

A service speaks plain Chinese; nothing marks its sentences. The catalogue holds them as they are written in the code,
with places to fill in (“最多 {0} 字”), so a sentence is recognised by its form, also one that was stored long ago. What
the catalogue does not know, such as the words of users, stays as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).resolve().parent / "translations"
LANGUAGES = {"zh": "中文", "en": "English"}
DEFAULT = "zh"
CHINESE = re.compile("[\u4e00-\u9fff]")
PLACE = re.compile(r"\{(\w*)\}|%\((\w+)\)[sd]")
AMOUNT = re.compile(r"(?:([^。；，]+) )?(-?[\d,]+(?:\.\d+)?) 万元")
ANYTHING, CLAUSE, QUOTES = "(.+?)", "([^。；，（）·\n]+?)", "“《"
NUMBER = re.compile(r"([-+−]?[\d,]+(?:\.\d+)?) ?(\D+)")
NOTES = {re.compile(r"([^（）]+)（([^（）]+)）"): "{} ({})", re.compile(r"([^：]+)：(.+)", re.DOTALL): "{}: {}"}
CLEAR, SURE = 5, 4
ENDS = {"\n": "\n", "。": ". ", "；": "; "}
MARKS = ENDS | {" · ": " · ", "，": ", ", "、": ", "}
CACHED = 8192
OPEN, CLOSE = "\u2068", "\u2069"
"""Unicode's isolates: between them stand words of somebody's own inside a sentence."""
OWN = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}?")
KEPT = 0xE100
"""The first of the private characters that stand for such words meanwhile."""


def say(sentence: str, language: str) -> str:
    """A sentence of the product in the reader's language; as it is when that is Chinese, or when it is not known."""
    if language == DEFAULT or not CHINESE.search(sentence):
        return plain(sentence)
    kept: list[str] = OWN.findall(sentence)
    places = (chr(KEPT + place) for place in range(len(kept)))
    said = _speaker(language).say(OWN.sub(lambda _words: next(places), sentence))
    for place, words in enumerate(kept):
        said = said.replace(chr(KEPT + place), words)
    return said


def own(words: object) -> str:
    """Words of somebody's own, marked to stay as they are in a sentence of the product."""
    return f"{OPEN}{plain(str(words))}{CLOSE}"


def plain(sentence: str) -> str:
    """A sentence without the marks of `own`."""
    return OWN.sub(r"\1", sentence).replace(CLOSE, "")


class Speaker:
    """One catalogue: Chinese → the other language, whole sentences and forms with places to fill in."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = {sentence.strip(): said.strip() for sentence, said in known.items()}
        self._narrow, self._wide = _Forms(known, CLAUSE, 1), _Forms(known, ANYTHING, CLEAR)
        self.say = lru_cache(CACHED)(self._say)

    def _say(self, sentence: str) -> str:
        """As a whole; if that is unknown as clauses all of which are known; else the sentences that are known.

        Within one clause a form is recognised by one character of its own, across clauses by CLEAR.
        """
        text = sentence.strip()
        return (self._whole(text) or self._noted(text) or self._parts(text, MARKS, every=True)
                or self._wide.say(text, self.say) or self._parts(text, ENDS, every=False) or sentence)

    def _whole(self, text: str) -> str | None:
        if amount := AMOUNT.fullmatch(text):
            of = self.say(amount[1]) + " " if amount[1] else ""
            sum_said = f"{of}CNY {Decimal(amount[2].replace(',', '')) * 10_000:,f}".removesuffix(".0")
            return None if CHINESE.search(sum_said) else sum_said
        if (said := self._known.get(text) or self._narrow.say(text, self.say)) is not None:
            return said
        number = NUMBER.fullmatch(text)
        return f"{number[1]} {self._known[number[2]]}" if number and number[2] in self._known else None

    def _noted(self, text: str) -> str | None:
        """A word and what is said of it, both known: 合同金额（万元）, or 合同金额：签订的…。"""
        for pattern, form in NOTES.items():
            if found := pattern.fullmatch(text):
                said = form.format(*(self.say(part).strip() for part in found.groups()))
                if not CHINESE.search(said):
                    return said
        return None

    def _parts(self, text: str, marks: Mapping[str, str], *, every: bool) -> str | None:
        """Part by part, by the first mark that leads to something known."""
        for mark, other in marks.items():
            parts = [part for part in re.split(f"(?<={mark})", text) if part]
            if len(parts) < 2 and not text.endswith(mark):
                continue
            said = [self._part(part, mark, other) for part in parts]
            if said != parts and not (every and any(map(CHINESE.search, said))):
                return "".join(said).strip()
        return None

    def _part(self, part: str, mark: str, other: str) -> str:
        """A part with its mark, or without it and with the other language's mark."""
        if (whole := self._whole(part.strip())) is not None:
            return whole.strip() + (other if other.isspace() else " ")
        bare = part.removesuffix(mark)
        said = self.say(bare)
        return part if said == bare else said + other if part != bare else said


class _Forms:
    """The forms of a catalogue with so many Chinese characters of their own; `fill` is what a place may hold."""

    def __init__(self, known: Mapping[str, str], fill: str, clear: int) -> None:
        self._by_start: dict[str, list[tuple[re.Pattern[str], list[str], str, bool]]] = {}
        forms = [form for form in known if PLACE.search(form)]
        for form in sorted(forms, key=lambda one: (_own(one), len(one)), reverse=True):
            if _own(form) >= clear:
                row = (*_pattern(form, fill), known[form], len(PLACE.sub("", form).replace(" ", "")) >= SURE)
                self._by_start.setdefault(_start(form), []).append(row)

    def say(self, text: str, word: Callable[[str], str]) -> str | None:
        """The sentence with what was filled in; `word` says that in the other language.

        A form with few characters of its own, such as an amount, is not seen in a sentence of somebody's own.
        """
        for pattern, names, said, sure in self._by_start.get(text[:1], []) + self._by_start.get("", []):
            if found := pattern.fullmatch(text):
                values = {name: word(found[place]) for place, name in enumerate(names, 1)}
                if sure or not any(map(CHINESE.search, values.values())):
                    return _filled(said, values)
        return None


@cache
def _speaker(language: str) -> Speaker:
    compile_catalogues()
    source = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    compiled = source.with_suffix(".mo")
    with (compiled if compiled.exists() else source).open("rb") as stream:
        catalogue = read_mo(stream) if compiled.exists() else read_po(stream)
    return Speaker({one.id: str(one.string) for one in catalogue if isinstance(one.id, str) and one.id and one.string})


def compile_catalogues() -> None:
    """Lay the form that gettext reads beside every catalogue that changed; a read-only folder stays as it is."""
    for source in CATALOGUES.glob("*/LC_MESSAGES/messages.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        draft = target.with_suffix(f".{os.getpid()}")
        with suppress(OSError), source.open("rb") as said:
            with draft.open("wb") as compiled:
                write_mo(compiled, read_po(said, locale=source.parent.parent.name))
            draft.replace(target)


def _own(form: str) -> int:
    """How many Chinese characters a form has besides its places."""
    return len(CHINESE.findall(PLACE.sub("", form)))


def _start(form: str) -> str:
    """With what character its sentences begin; nothing when they begin with what is filled in."""
    return "" if PLACE.match(form.strip()) else form.strip()[0]


def _pattern(form: str, fill: str) -> tuple[re.Pattern[str], list[str]]:
    """The sentences of a form, and the names of its places in order. Between quotes anything may stand."""
    names, pattern, at = [], "", 0
    text = form.strip()
    for place, name in _places(text):
        names.append(name)
        quoted = text[place.start() - 1 : place.start()] in QUOTES and place.start() > 0
        pattern += re.escape(_plain(text[at : place.start()])) + (ANYTHING if quoted else fill)
        at = place.end()
    return re.compile(pattern + re.escape(_plain(text[at:])), re.DOTALL), names


def _filled(said: str, values: Mapping[str, str]) -> str:
    text, at = "", 0
    for place, name in _places(said):
        text += _plain(said[at : place.start()]) + values.get(name, "")
        at = place.end()
    return text + _plain(said[at:])


def _places(text: str) -> Iterator[tuple[re.Match[str], str]]:
    for n, place in enumerate(PLACE.finditer(text)):
        yield place, place[1] or place[2] or str(n)


def _plain(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}").replace("%%", "%")
