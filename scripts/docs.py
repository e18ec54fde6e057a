"""Write the pages of docs/ that follow from the code: `python -m scripts.docs`. A test compares them."""

from __future__ import annotations

from pathlib import Path

from matchmaker.config import SETTINGS

DOCS = Path(__file__).resolve().parent.parent / "docs"


def settings_page() -> str:
    """docs/settings.md: every setting with its default and meaning."""
    rows = "\n".join(f"| `{name}` | `{default}` | {text} |" for name, default, text in SETTINGS)
    head = "# Settings\n\nEvery setting is an environment variable. A bad value stops the start and names itself.\n\n"
    return f"{head}| name | default | meaning |\n|---|---|---|\n{rows}\n"


PAGES = {"settings.md": settings_page}


def main() -> None:
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
