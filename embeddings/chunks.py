"""Cutting texts that are longer than a model's window, without losing any of them."""

import re
from collections.abc import Callable, Sequence

from embeddings.passage import Passage, clean

Count = Callable[[list[str]], list[int]]
"""Texts to their numbers of tokens, special tokens not counted."""

_SENTENCE = re.compile(r"[^。！？!?；;\n]*?(?:[。！？!?；;\n]+[”’」』）)\"']*|\.(?=\s)|$)", re.S)
_CLAUSE = re.compile(r"[^，、,：:\s]*(?:[，、,：:\s]+|$)")
_SAFETY = 0.8  # share of the budget tried again when a joined chunk counts more tokens than its parts


def split_sentences(text: str) -> list[str]:
    """The sentences of a Chinese or English text, in order, stripped, none empty."""
    return [s for s in (piece.strip() for piece in _pieces(_SENTENCE, text)) if s]


class Chunker:
    """Splits texts into chunks of at most `window` tokens as `count` counts them."""

    def __init__(self, count: Count, window: int) -> None:
        """`window`: tokens per chunk, special tokens and prompts already taken off; at least 8."""
        self._count = count
        self._window = max(8, window)

    def needs(self, texts: Sequence[str]) -> list[list[str]]:
        """Per text its chunks: the text itself when it fits, else pieces that join to it exactly."""
        cleaned = [clean(t) for t in texts]
        sizes = self._count(cleaned)
        return [[t] if n <= self._window else self.split(t, self._window) for t, n in zip(cleaned, sizes, strict=True)]

    def passages(self, passages: Sequence[Passage]) -> list[list[str]]:
        """Per passage its chunks, each beginning with the title.

        A passage that fits is one chunk. Otherwise keywords and text are split at sentence ends (then at commas,
        then anywhere) and the title is put before each piece; of a title longer than a quarter of the window
        only the beginning is repeated, and the whole title is part of what is split.
        """
        wholes = [clean(_join(p.title, _body(p))) for p in passages]
        sizes = self._count(wholes)
        return [
            [whole] if n <= self._window else self._titled(p)
            for p, whole, n in zip(passages, wholes, sizes, strict=True)
        ]

    def split(self, text: str, budget: int) -> list[str]:
        """Pieces of the text, each at most `budget` tokens and of about equal length; joined they are the text."""
        atoms = self._atoms(text, budget)
        chunks = _pack(atoms, budget)
        if max(self._count(chunks)) > budget:
            chunks = _pack(self._atoms(text, int(budget * _SAFETY)), int(budget * _SAFETY))
        return chunks

    def _titled(self, passage: Passage) -> list[str]:
        """The chunks of a passage that does not fit into one."""
        title, body = clean(passage.title), clean(_body(passage))
        quarter = self._window // 4
        if self._count([title])[0] > quarter:
            body, title = _join(title, body), self.split(title, quarter)[0]
        room = self._window - self._count([title + "\n"])[0]
        return [_join(title, piece) for piece in self.split(body, room)]

    def _atoms(self, text: str, budget: int) -> list[tuple[str, int]]:
        """Pieces with their token counts: sentences, or where those are too long clauses, or halves."""
        atoms = self._counted(_pieces(_SENTENCE, text))
        for finer in (_clauses, _halves):
            while any(n > budget and len(piece) > 1 for piece, n in atoms):
                split = [part for piece, n in atoms for part in (finer(piece) if n > budget else [piece])]
                if len(split) == len(atoms):
                    break
                atoms = self._counted(split)
        return atoms

    def _counted(self, pieces: list[str]) -> list[tuple[str, int]]:
        return list(zip(pieces, self._count(pieces), strict=True))


def _body(passage: Passage) -> str:
    """What follows the title."""
    return _join("，".join(passage.keywords), passage.text)


def _join(first: str, second: str) -> str:
    return f"{first}\n{second}" if first and second else first or second


def _pieces(pattern: re.Pattern[str], text: str) -> list[str]:
    return [piece for piece in pattern.findall(text) if piece]


def _clauses(piece: str) -> list[str]:
    return _pieces(_CLAUSE, piece)


def _halves(piece: str) -> list[str]:
    middle = len(piece) // 2
    return [part for part in (piece[:middle], piece[middle:]) if part]


def _pack(atoms: list[tuple[str, int]], budget: int) -> list[str]:
    """Join neighbours into as few chunks as fit, of about equal length."""
    total = sum(n for _, n in atoms)
    target = -(-total // max(1, -(-total // budget)))
    chunks: list[str] = []
    size = budget + 1
    for piece, n in atoms:
        if size + n > budget or size >= target:
            chunks.append(piece)
            size = n
        else:
            chunks[-1] += piece
            size += n
    return chunks or [""]
