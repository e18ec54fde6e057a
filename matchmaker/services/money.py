"""Amounts in words: kept in yuan, said in 万元 without losing a cent."""

from __future__ import annotations

from decimal import Decimal

WAN = Decimal(10_000)


def in_wan(yuan: Decimal) -> str:
    """12.345678 for 123,456.78 yuan, without superfluous zeros."""
    return f"{(yuan / WAN).normalize():f}"
