"""Brings text to one spelling while remembering where every character came from."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

BOUNDARY = "\ue001"
BASELINE = "\ue000"

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+", strict=True))
_KEEP = set("，—")
_SPECIAL = {
    **dict.fromkeys("～〜∼˜∽", "~"),
    **dict.fromkeys("–−‐‑﹣－", "-"),
    **dict.fromkeys("•・⋅∙●‧", "·"),
    **dict.fromkeys("✕✖╳⨯", "×"),
    **dict.fromkeys("≧⩾≽", "≥"),
    **dict.fromkeys("≦⩽≼", "≤"),
    **dict.fromkeys("\u200b\u200c\u200d\ufeff\u2060", ""),
    **dict.fromkeys("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⒈⒉⒊⒋⒌⒍⒎⒏⒐", ";"),
    "∶": ":",
    "\n": ";",
    "\r": ";",
    "\t": " ",
    BOUNDARY: " ",
    BASELINE: " ",
}


@dataclass(frozen=True, slots=True)
class Spelling:
    """``text`` in one spelling; ``origin[i]`` is the position of its i-th character in the original."""

    original: str
    text: str
    origin: list[int]

    def written(self, start: int, end: int) -> str:
        """The original characters behind ``text[start:end]``."""
        low, high = self.span(start, end)
        return self.original[low:high].strip()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Positions in the original of ``text[start:end]``."""
        if start >= end:
            return self.origin[start], self.origin[start]
        return self.origin[start], self.origin[end - 1] + 1


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    if char in _SPECIAL:
        return _SPECIAL[char]
    return char if char in _KEEP else unicodedata.normalize("NFKC", char)


def spell(text: str) -> Spelling:
    """Full-width, compatibility and look-alike characters in one spelling; 10⁻⁴ becomes 10^-4."""
    out: list[str] = []
    origin: list[int] = []
    raised = False
    for position, char in enumerate(text):
        if char in _SUPERSCRIPTS:
            piece = _SUPERSCRIPTS[char] if raised else "^" + _SUPERSCRIPTS[char]
            raised = True
        else:
            piece, raised = _plain(char), False
        out.append(piece)
        origin.extend([position] * len(piece))
    origin.append(len(text))
    return Spelling(text, "".join(out), origin)


def mask(text: str, pattern: re.Pattern[str], char: str = BOUNDARY) -> str:
    """The text with every match of the pattern blotted out at its own length."""
    return pattern.sub(lambda found: char * len(found.group()), text)
