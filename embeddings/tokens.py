"""Chinese and mixed text to the terms of the lexical index."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.metadata import version
from itertools import pairwise

from rjieba import Jieba

from embeddings.passage import clean

RULES = "2"  # raised with every change below, so that an index of other terms is rebuilt

_LATIN = re.compile(r"[a-z0-9\u0370-\u03ff\u0400-\u04ff]+(?:[-/._+·'][a-z0-9\u0370-\u03ff\u0400-\u04ff]+)*")
_RUN = re.compile(rf"([\u3400-\u9fff]+)|{_LATIN.pattern}")
_SEPARATORS = re.compile(r"[-/_+·']|(?<!\d)\.|\.(?!\d)")
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([^\W\d_]{2,})|[^\W\d_]+(\d{3,})")  # 800mpa, 0.5mm; t4754
_LONGEST = 64  # characters of a term; longer runs are not words


class Tokenizer:
    """Search-mode segmentation by rjieba with words of our own; safe to share between threads.

    Text is first brought to half width (NFKC) and lower case. Latin words and numbers stay whole
    (`gb/t4754`, `10-4`, `800mpa`) and their parts of two characters and more are added. Punctuation is dropped.
    Chinese that is in no dictionary stays single characters: guessing words (HMM) found fewer right answers.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        """`words`: multi-character terms that must be kept together besides rjieba's dictionary."""
        self._words = tuple(sorted({_plain(w).strip() for w in words} - {""}))
        self._jieba = _segmenter(self._words)
        digest = hashlib.sha256("\n".join(self._words).encode()).hexdigest()[:12]
        self.signature = f"rjieba-search {version('rjieba')} words {digest} rules {RULES}"

    def terms(self, text: str) -> list[str]:
        """The terms of the text in order, with repetitions."""
        found: list[str] = []
        plain = _plain(text)
        end = 0
        for match in _LATIN.finditer(plain):
            found += self._chinese(plain[end : match.start()])
            found += _latin(match.group())
            end = match.end()
        return found + list(self._chinese(plain[end:]))

    def pairs(self, text: str) -> list[str]:
        """Every two neighbouring characters of the Chinese in the text, and its Latin words whole.

        Beside the terms they find what the dictionary cuts differently in two texts, or does not know.
        """
        found: list[str] = []
        for match in _RUN.finditer(_plain(text)):
            run = match.group(1)
            if run and len(run) > 1:
                found += map("".join, pairwise(run))
            elif len(match.group()) <= _LONGEST:
                found.append(match.group())
        return found

    def tagged(self, text: str) -> list[tuple[str, str]]:
        """The words of the text in order, punctuation among them, each with its part of speech (n, v, a, …)."""
        return self._jieba.tag(clean(text))

    def _chinese(self, text: str) -> Iterator[str]:
        """The words of a stretch without Latin letters or digits."""
        words = self._jieba.cut_for_search(text, hmm=False) if text else []
        return (word for word in words if word[0].isalnum())


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", clean(text)).lower()


def _latin(word: str) -> Iterator[str]:
    """A Latin word, and its parts where it is composed; a decimal number is not taken apart."""
    if len(word) <= _LONGEST:
        yield word
    for part in _SEPARATORS.split(word):
        if part != word and 2 <= len(part) <= _LONGEST:
            yield part
        quantity = _QUANTITY.fullmatch(part)
        if quantity:
            yield from (group for group in quantity.groups() if group)


@lru_cache(8)
def _segmenter(words: tuple[str, ...]) -> Jieba:
    """rjieba with these words; kept, since each takes 0.2 s and some 60 MB."""
    jieba = Jieba()
    for word in words:
        jieba.add_word(word, None, None)
    return jieba
