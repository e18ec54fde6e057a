"""Files that are not what they say, or are made to kill whoever reads them: each gets a sentence, and nothing falls."""

import resource
import time
import zipfile

import pytest
import xlsxwriter

from matchmaker.services.problems import Problem
from matchmaker.services.transfer import readers
from matchmaker.services.transfer.readers import look, stage
from models.vocabulary import Kind
from tests.services.lists import counts, csv_file, jsonl_file, load, xlsx_file

TYPES = ('<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
         '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
         '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
         'spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.'
         'openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>')
RELATIONS = ('<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
             '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" '
             'Target="{}"/></Relationships>')
BOOK = ('<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        '<sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>')
SHEET = ('<?xml version="1.0"?>{}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
         '<sheetData>{}</sheetData></worksheet>')


def workbook(path, sheet, declared="", padding=0):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELATIONS.format("officeDocument", "xl/workbook.xml"))
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format("worksheet", "worksheets/sheet1.xml"))
        archive.writestr("xl/worksheets/sheet1.xml", SHEET.format(declared, sheet) + " " * padding)
    return path


def cell(place, text):
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def sparse(path):
    return workbook(path, f'<row r="1">{cell("A1", "需求名称")}</row><row r="1048576">{cell("XFD1048576", "x")}</row>')


def bomb(path):
    return workbook(path, "", padding=64 << 20)


def many_columns(path):
    return xlsx_file(path, [["需求名称", *(f"列{at}" for at in range(300))], ["甲"]])


def entities(path):
    inner = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 9))
    declared = f'<!DOCTYPE w [<!ENTITY e0 "spring">{inner}]>'
    return workbook(path, f'<row r="1">{cell("A1", "&e8;")}</row>', declared)


def outside(path):
    declared = '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return workbook(path, f'<row r="1">{cell("A1", "&x;")}</row>', declared)


def broken(path):
    whole = xlsx_file(path.with_suffix(".whole"), [["需求名称"], ["甲"]]).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def damaged(path):
    whole = bytearray(workbook(path, f'<row r="1">{cell("A1", "需求名称")}</row>').read_bytes())
    at = whole.find(b"xl/workbook.xml") + 15
    whole[at : at + 40] = b"\xff" * 40
    path.write_bytes(whole)
    return path


def old(path):
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096)
    return path


def locked(path):
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"))
    return path


def other_archive(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    return path


def sheets(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", BOOK)
        for at in range(10_000):
            archive.writestr(f"xl/worksheets/sheet{at}.xml", "")
    return path


BAD = {
    sparse: "200000 行", bomb: "展开后过大", many_columns: "最多 200 列", entities: "不允许的外部内容",
    outside: "不允许的外部内容", broken: "不是完整的 Excel", damaged: "已损坏", old: "旧版 Excel", locked: "取消密码",
    other_archive: "不是 Excel 工作簿",
    sheets: "展开后过大",
}


@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_a_bad_workbook_gets_a_sentence(tmp_path, make):
    path = make(tmp_path / "list.xlsx")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    with pytest.raises(Problem, match=BAD[make]):
        stage(path, Kind.NEED, tmp_path / "rows.jsonl")
    assert time.monotonic() - started < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_reader_that_takes_too_long_is_ended(tmp_path, monkeypatch):
    path = xlsx_file(tmp_path / "list.xlsx", [["需求名称"], *([f"需求{at}"] for at in range(50_000))])
    monkeypatch.setattr(readers, "READ_SECONDS", 1)
    with pytest.raises(Problem, match="读取超时"):
        stage(path, Kind.NEED, tmp_path / "rows.jsonl")


def test_a_look_reads_no_more_than_it_shows(tmp_path):
    path = xlsx_file(tmp_path / "list.xlsx", [["需求名称"], *([f"需求{at}"] for at in range(5000))])
    table = look(path, Kind.NEED)
    assert (table.columns, len(table.samples)) == (["需求名称"], 5)


def test_a_look_finds_the_json_keys_of_the_last_line(tmp_path):
    lines = [*({"title": f"需求{at}"} for at in range(80)), {"title": "末", "budget": 5, "organisation": "示例"}]
    path = jsonl_file(tmp_path / "list.jsonl", lines)
    assert look(path, Kind.NEED).columns == ["title", "budget", "organisation"]


def test_a_key_of_its_own_in_every_line_is_soon_refused(tmp_path):
    path = jsonl_file(tmp_path / "list.jsonl", [{f"key{at}": at} for at in range(50_000)])
    started = time.monotonic()
    with pytest.raises(Problem, match="最多 200 列"):
        look(path, Kind.NEED)
    assert time.monotonic() - started < 5


WRONG = {
    "empty": (b"", "文件是空的"),
    "spaces": (b" \r\n ", "文件是空的"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0\0", "无法识别的文件"),
    "pdf": (b"%PDF-1.7", "无法识别的文件"),
    "header only": ("需求名称,单位\n".encode(), "没有数据行"),
    "array": (b'[{"title": "a"}]', "每行一个 JSON 对象"),
    "broken json": (b'{"title": \n{"title"\n[1]', "没有哪一行是 JSON 对象"),
    "long json": (b'{"title": "a"}\n{"title": "' + b"x" * 2_000_000 + b'"}\n', "第 2 行过长"),
    "one broken byte": (
        ("需求名称\n" + "求低温注塑翘曲控制方法与装置\n" * 5).encode() + b"\xff\n", "第 7 行附近有无法识别的字符"),
    "half a character of utf-16": ("需求名称\n甲".encode("utf-16")[:-1], "第 2 行附近有无法识别的字符"),
    "half a pair": ("需求名称\n上\n甲\ud83d乙\n".encode("utf-16", "surrogatepass"), "第 3 行附近有无法识别的字符"),
    "half a pair of json": ('{"title": "\ud83d"}\n'.encode("utf-16", "surrogatepass"), "第 1 行附近有无法识别的字符"),
    "half a character at the end of a piece": (
        "需求名称\na".encode() + "长".encode() * ((1 << 20) // 3 - 5) + b"\xe9\x95", "第 2 行附近有无法识别的字符"),
    "open quote": (b'title,text\na,"' + b"x" * 1_100_000, "引号没有成对"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_bad_text_file_gets_a_sentence(tmp_path, name):
    content, says = WRONG[name]
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(Problem, match=says):
        stage(tmp_path / "list.csv", Kind.NEED, tmp_path / "rows.jsonl")


def test_too_many_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "MOST_ROWS", 10)
    path = csv_file(tmp_path / "l.csv", [["需求名称"], *([f"需{at}"] for at in range(11))])
    with pytest.raises(Problem, match="一次最多导入 10 行"):
        stage(path, Kind.NEED, tmp_path / "r")


def test_json_keys_met_late_become_columns(tmp_path):
    path = jsonl_file(tmp_path / "l.jsonl", [{"title": "a"}, {"title": "b", "budget": 5}])
    table = stage(path, Kind.NEED, tmp_path / "r")
    assert table.columns == ["title", "budget"]
    assert [cells for _number, cells in readers.staged(tmp_path / "r")] == [["a"], ["b", 5]]


def test_half_a_character_is_a_wrong_cell(sessions, tmp_path):
    (tmp_path / "l.jsonl").write_bytes(b'{"title": "a \\ud800"}\n{"title": "b"}\n')
    report = load(sessions, tmp_path / "l.jsonl")
    assert (report.new, report.wrong) == (1, 1)


LINES = ['{"title": "甲", "budget": 5}', '{"title": ', '[1, 2]', '{"title": "乙"}', '{"a":' + "[" * 50_000]


def test_a_line_that_is_no_object_is_a_wrong_row_which_comes_back(sessions, tmp_path):
    (tmp_path / "l.jsonl").write_text("\n".join(LINES), "utf-8")
    report = load(sessions, tmp_path / "l.jsonl", wrong_to=tmp_path / "wrong.xlsx")
    assert counts(report) == (2, 0, 0, 3)
    assert report.unknown == []
    assert [row["faults"] for row in report.samples["wrong"]] == [
        [f"第 {line} 行不是完整的 JSON 对象 {{…}}，请对照「原始行」把内容填入各列"] for line in (2, 3, 5)]
    back = look(tmp_path / "wrong.xlsx", Kind.NEED)
    assert back.columns == ["需修改", "title", "budget", "原始行"]
    assert [row[3] for row in back.samples] == [LINES[1].strip(), LINES[2], LINES[4]]
    back.samples[0][1:3] = ["丙", 6]
    mended = load(sessions, xlsx_file(tmp_path / "mended.xlsx", [back.columns, *back.samples[:2]]))
    assert counts(mended) == (1, 0, 0, 1)
    assert "不是完整的 JSON 对象" in mended.samples["wrong"][0]["faults"][0]


def test_a_look_goes_on_to_the_first_lines_that_can_be_read(tmp_path):
    (tmp_path / "l.jsonl").write_text("{\n" * 100 + '{"title": "甲"}\n' * 100, "utf-8")
    assert look(tmp_path / "l.jsonl", Kind.NEED).columns == ["原始行", "title"]


def test_dates_and_numbers_of_a_workbook(tmp_path):
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["需求名称", "有效期至", "预算（万元）"])
        sheet.write_string(1, 0, "甲")
        sheet.write_number(1, 1, 46387, book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_number(1, 2, 12.5)
    assert look(path, Kind.NEED).samples == [["甲", "2026-12-31", 12.5]]
