"""What the office counts: every figure is a row of one table, and is the count or sum of rows that can be shown.

Rooms, downhill: `board` (what the dashboard shows) → `counting` (values, groups, months, rows) → `funnel`, `showing` →
`table` (the figures) → `parts` (the selects they are made of) → `scope` → `period`.
"""
