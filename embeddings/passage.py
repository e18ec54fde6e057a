"""What the indexes and encoders are given of a post."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Passage:
    """A post as text: every field may be empty, none has a length limit."""

    title: str
    keywords: tuple[str, ...] = ()
    text: str = ""

    def whole(self) -> str:
        """Everything in one text: title, keywords, text, each on a line of its own."""
        return "\n".join(part for part in (self.title, " ".join(self.keywords), self.text) if part)


def clean(text: str) -> str:
    """The text with lone surrogates, which no tokenizer accepts, replaced by a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
