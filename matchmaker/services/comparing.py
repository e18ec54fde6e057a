"""Indicators of a need against those of a supply: stored ones where there are any, else what the words say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from matchmaker.ranking.features import Compared
from matchmaker.ranking.indicators import Indicator, compare, parse_indicators
from matchmaker.services import texts
from models import Indicator as Stored
from models import Post
from models.vocabulary import COMPARISONS, Kind

READ = 4000  # characters of a text in which indicators are looked for
REMEMBERED = 4096


@dataclass(frozen=True)
class Asked:
    """The indicators of a post that looks for partners."""

    needs: bool
    """Whether the post is a need: then its indicators are what is wanted."""
    indicators: tuple[Indicator, ...]

    def against(self, other: Post) -> tuple[Compared, ...]:
        """Every indicator of the need, whichever side that is, against the other's; of `other` public words only."""
        offered = of_public(other)
        wanted, given = (self.indicators, offered) if self.needs else (offered, self.indicators)
        if not wanted:
            return ()
        return tuple(
            Compared(
                one.need.quantity, one.need.value_text(), one.supply.value_text() if one.supply else "",
                one.verdict.value, one.sentence,
            )
            for one in compare(wanted, given)
        )


def asked(post: Post) -> Asked:
    """What a post asks or offers, hidden words included."""
    found = _stored(post.indicators) or _read(texts.full_text(post)[:READ])
    return Asked(post.kind == Kind.NEED, found)


def of_public(post: Post) -> tuple[Indicator, ...]:
    """What everyone may know: of a staged post only what its public words say."""
    stored = _stored(post.indicators) if post.disclosure == "open" else ()
    return stored or _read(texts.public_passage(post).text[:READ])


def _stored(rows: Sequence[Stored]) -> tuple[Indicator, ...]:
    return tuple(indicator for row in rows for indicator in _read(written(row)))


def written(row: Stored) -> str:
    """A stored indicator as a person would write it."""
    condition = f"（{row.condition}）" if row.condition else ""
    if row.comparison == "range" and row.low is not None and row.high is not None:
        return f"{row.quantity} {row.low:.10g}～{row.high:.10g} {row.unit}{condition}"
    value = row.low if row.low is not None else row.high
    sign = COMPARISONS.label(row.comparison)
    return f"{row.quantity} {sign if row.comparison != 'range' else '='} {value:.10g} {row.unit}{condition}"


@lru_cache(REMEMBERED)
def _read(text: str) -> tuple[Indicator, ...]:
    return tuple(parse_indicators(text))
