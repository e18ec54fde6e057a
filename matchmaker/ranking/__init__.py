"""The pure judgement of a pair: features, rules, bands. Knows no table and no web."""
