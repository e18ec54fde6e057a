"""The third-party front-end files: pinned, hashed, named by nobody's address, and mended when damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts import bench_web, frontend

LOCK = json.loads((frontend.ROOT / "package-lock.json").read_text("utf-8"))


def test_every_package_is_pinned_by_its_hash_and_no_address_is_named():
    packages = {name: entry for name, entry in LOCK["packages"].items() if name}
    assert {"node_modules/bootstrap", "node_modules/htmx.org", "node_modules/bootstrap-icons"} <= set(packages)
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert all("resolved" not in entry for entry in packages.values())
    declared = json.loads((frontend.ROOT / "package.json").read_text("utf-8"))
    versions = [*declared["dependencies"].values(), *declared["devDependencies"].values()]
    assert all(version[0].isdigit() for version in versions)


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "vendor"
    (folder / "icons").mkdir(parents=True)
    (folder / "htmx.min.js").write_text("htmx")
    (folder / "icons" / "search.svg").write_text("<svg/>")
    monkeypatch.setattr(frontend, "VENDOR", folder)
    monkeypatch.setattr(frontend, "STAMP", folder / "stamp.json")
    files = {path.name: frontend.digest(path) for path in (folder / "htmx.min.js", folder / "icons" / "search.svg")}
    (folder / "stamp.json").write_text(json.dumps({"wanted": "inputs", "files": files}))
    return folder


def test_nothing_is_done_while_nothing_changed(vendor: Path):
    assert frontend.intact("inputs")


def test_other_inputs_a_damaged_and_a_missing_file_are_noticed(vendor: Path):
    assert not frontend.intact("other inputs")
    (vendor / "htmx.min.js").write_text("something else")
    assert not frontend.intact("inputs")
    (vendor / "htmx.min.js").unlink()
    assert not frontend.intact("inputs")


def test_without_a_stamp_or_with_a_broken_one_files_are_installed(vendor: Path):
    (vendor / "stamp.json").write_text("{")
    assert not frontend.intact("inputs")
    (vendor / "stamp.json").unlink()
    assert not frontend.intact("inputs")


def test_an_icon_that_does_not_exist_is_named(vendor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(frontend, "MODULES", tmp_path / "modules")
    with pytest.raises(SystemExit, match="前端文件缺失"):
        frontend.copy()


def test_a_failed_installation_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(frontend, "MODULES", tmp_path)
    monkeypatch.setattr(frontend, "npm", lambda *_, **__: 1)
    with pytest.raises(SystemExit, match="请检查网络"):
        frontend.install()


def test_the_bare_page_has_the_size_asked_for():
    assert len(bench_web.bare().test_client().get("/?size=1234").data) == 1234
