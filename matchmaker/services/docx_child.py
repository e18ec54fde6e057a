"""Look at or fill in one docx template, alone in a process of its own: `python -I docx_child.py ASKED`.

ASKED is a file that says `{"template": path, "context": {…} or null, "out": path}`. With a context it writes the
filled-in document to `out`. Prints the dotted placeholders as one JSON line and `{"end": true}`, or `{"problem": "…"}`
for the person whose template it is. Imports nothing of the service and limits itself before it opens the file: a
template is a program, and is run where it can reach nothing and exhaust nothing.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

MEMORY, SECONDS, LARGEST_WRITTEN = 1 << 30, 20, 50 << 20
LARGEST_UNPACKED, MOST_PARTS = 60 << 20, 1000
TEXTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
ENTITIES = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
OUTSIDE = re.compile(rb'TargetMode\s*=\s*"External"', re.IGNORECASE)
LINK = b"relationships/hyperlink"
ADVICE = "请用 Word 或 WPS 打开后另存为新的 .docx 再上传"


class Unusable(Exception):
    """The template cannot be used; `str()` says why and what to do."""


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 - nothing more than needed is imported
        asked = json.load(file)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_WRITTEN, LARGEST_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        inspect(asked["template"])
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        print(json.dumps(sorted(work(asked))))
        print(json.dumps({"end": True}))
    except Unusable as problem:
        print(json.dumps({"problem": str(problem)}))
    except (MemoryError, RecursionError, OverflowError):
        print(json.dumps({"problem": "模板展开后过大，已停止。请检查其中的循环。"}))
    except Exception as error:
        print(json.dumps({"problem": reason(error)}))


def inspect(path: str) -> None:
    """Refuse what is no docx, unpacks to too much, runs macros or fetches from elsewhere. Raises Unusable."""
    if not zipfile.is_zipfile(path):
        raise Unusable(f"这不是 Word 文档（.docx）。{ADVICE}。")
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if "word/document.xml" not in names:
            raise Unusable(f"这不是 Word 文档（.docx），而是其他压缩文件。{ADVICE}。")
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            raise Unusable("文档展开后过大，请删除其中的大图片后重新上传。")
        if any(part.flag_bits & 1 for part in parts):
            raise Unusable("文档设有密码，请取消密码后重新上传。")
        if any("vbaProject" in name or name.startswith(("word/embeddings/", "word/activeX/")) for name in names):
            raise Unusable(f"文档含有宏或嵌入对象，不能作为模板。{ADVICE}，保存时选择不含宏的格式。")
        for name in names:
            if name.endswith((".xml", ".rels")):
                check_text(archive.read(name), name)


def check_text(content: bytes, name: str) -> None:
    if ENTITIES.search(content):
        raise Unusable(f"文档含有不允许的 XML 定义，已拒绝。{ADVICE}。")
    links = content.split(b"<Relationship ") if name.endswith(".rels") else []
    if any(OUTSIDE.search(one) and LINK not in one for one in links):
        raise Unusable(f"文档引用了外部文件，已拒绝。请删除链接的图片或模板后重新上传；{ADVICE}。")


def work(asked: dict[str, Any]) -> set[str]:
    """The placeholders; with a context, the document is filled in as well. Raises Unusable and what jinja raises."""
    from docxtpl import DocxTemplate  # noqa: PLC0415 - only after the limits stand
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    environment = ImmutableSandboxedEnvironment(autoescape=True)
    template = DocxTemplate(asked["template"])
    template.init_docx()
    found = set(names(template, environment, asked["template"]))
    if asked["context"] is not None:
        template.render(asked["context"], environment, autoescape=True)
        template.save(asked["out"])
    return found


def names(template: Any, environment: Any, path: str) -> Iterator[str]:
    """Every placeholder as it is written, dotted: need.title. Names that the template itself sets are left out."""
    from jinja2 import meta, nodes  # noqa: PLC0415

    with zipfile.ZipFile(path) as archive:
        texts = [archive.read(name).decode("utf-8") for name in archive.namelist() if TEXTS.fullmatch(name)]
    for text in texts:
        tree = environment.parse(template.patch_xml(text))
        free = meta.find_undeclared_variables(tree)
        for node in tree.find_all(nodes.Name):
            if node.name in free and node.ctx == "load":
                yield node.name
        for node in tree.find_all(nodes.Getattr):
            if isinstance(node.node, nodes.Name) and node.node.name in free:
                yield f"{node.node.name}.{node.attr}"


def reason(error: Exception) -> str:
    kind = type(error).__name__
    if kind == "TemplateSyntaxError":
        return f"占位符写法有误：{error}。请检查每个“{{{{”与“}}}}”、“{{%”与“%}}”是否成对，且在同一段文字内。"
    if kind == "SecurityError":
        return "模板使用了不允许的写法，已停止。模板中只能使用列出的占位符、条件和循环。"
    if type(error).__module__.startswith("jinja2"):
        return f"模板中的占位符无法填写：{error}。"
    return f"文档无法读取或填写。{ADVICE}。"


if __name__ == "__main__":
    main()
