"""Quantified requirements: read from Chinese text, brought to common units, set against each other."""

from matchmaker.ranking.indicators.compare import compare, describe, quantity_key
from matchmaker.ranking.indicators.model import Comparison, Indicator, IndicatorVerdict, Verdict
from matchmaker.ranking.indicators.parse import parse_indicators

__all__ = [
    "Comparison",
    "Indicator",
    "IndicatorVerdict",
    "Verdict",
    "compare",
    "describe",
    "parse_indicators",
    "quantity_key",
]
