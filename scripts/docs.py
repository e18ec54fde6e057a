"""Write the pages of docs/ that follow from the code: `python -m scripts.docs`. A test compares them."""

from __future__ import annotations

from pathlib import Path

from matchmaker.config import SETTINGS
from matchmaker.services import casesteps, contracts
from matchmaker.services.posts import TRANSITIONS
from models.vocabulary import CASE_STATES

DOCS = Path(__file__).resolve().parent.parent / "docs"


def settings_page() -> str:
    """docs/settings.md: every setting with its default and meaning."""
    rows = "\n".join(f"| `{name}` | `{default}` | {text} |" for name, default, text in SETTINGS)
    head = "# Settings\n\nEvery setting is an environment variable. A bad value stops the start and names itself.\n\n"
    return f"{head}| name | default | meaning |\n|---|---|---|\n{rows}\n"


def states_page() -> str:
    """docs/states.md: where a post may stand, and who takes it from one state to another."""
    drawn = "\n".join(f"    {before.value} --> {step.after.value}: {step.action}"
                      for step in TRANSITIONS.values() for before in sorted(step.before))
    rows = "\n".join(
        f"| `{step.action}` | {step.label} | {', '.join(sorted(step.before))} | {step.after.value} "
        f"| {', '.join(sorted(step.by))} |" for step in TRANSITIONS.values())
    head = ("# States of a post\n\nFrom `TRANSITIONS` in `matchmaker/services/posts.py`. A new post is a draft; only\n"
            "a published one is found by others. What its owner changes in a published post is reviewed again.\n\n")
    diagram = f"```mermaid\nstateDiagram-v2\n    [*] --> draft\n{drawn}\n```\n\n"
    return f"{head}{diagram}| action | label | from | to | by |\n|---|---|---|---|---|\n{rows}\n"


def case_states_page() -> str:
    """docs/case-states.md: where a brokered case may stand, who takes it on, and what each step asks for."""
    order = list(CASE_STATES)
    asked = casesteps.REQUIREMENTS
    rows = "\n".join(
        f"| `{step.action}` | {step.label} | {', '.join(sorted(step.before, key=order.index))} | {step.after} "
        f"| {', '.join(sorted(step.by))} | {'；'.join(asked[name] for name in step.needs)} |"
        for step in casesteps.TRANSITIONS.values())
    states = "\n".join(f"| `{code}` | {text} |" for code, text in CASE_STATES.items())
    head = ("# States of a case\n\nFrom `TRANSITIONS` in `matchmaker/services/casesteps.py`. A case begins as proposed "
            "(by the\noffice) or as intent (one side asks). `back` is where it stood before it was stalled, passed or "
            "closed.\n\n")
    return (f"{head}```mermaid\n{casesteps.diagram()}\n```\n\n| state | 中文 |\n|---|---|\n{states}\n\n"
            f"| action | label | from | to | by | asks for |\n|---|---|---|---|---|---|\n{rows}\n")


def contract_states_page() -> str:
    """docs/contract-states.md: where a technology contract may stand, and what each step asks for."""
    steps = contracts.TRANSITIONS.values()
    drawn = "\n".join(
        f"    {before} --> {step.after}: {step.action}" for step in steps for before in sorted(step.before))
    rows = "\n".join(f"| `{step.action}` | {step.label} | {', '.join(sorted(step.before))} | {step.after} "
                     f"| {', '.join(step.asks)} | {step.case or '—'} |" for step in steps)
    head = ("# States of a contract\n\nFrom `TRANSITIONS` in `matchmaker/services/contracts.py`; the office takes "
            "every step. A draft is\nedited; what is signed or registered is amended, and every amendment keeps what "
            "was said before.\n\n")
    return (f"{head}```mermaid\nstateDiagram-v2\n    [*] --> draft\n{drawn}\n```\n\n"
            f"| action | label | from | to | asks for | step of its case |\n|---|---|---|---|---|---|\n{rows}\n")


PAGES = {"settings.md": settings_page, "states.md": states_page, "case-states.md": case_states_page,
         "contract-states.md": contract_states_page}


def main() -> None:
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
