"""Lists that come in and go out: reading files, recognising columns, what a cell means, writing sheets.

Rooms, downhill: `batches` (decides and writes) → `drafts` (a row becomes values) → `columns` (which column is what) →
`values` (what a cell means) → `cells`. Beside them `readers` (files → staged rows; workbooks in a child process,
`reading/document.py`), `sheets` (rows → files) and `uploads` (where a file waits between two pages).
"""
