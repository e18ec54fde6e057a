"""赵经理 brings a list in by the page: uploads it, checks the columns, previews, imports, mends what was wrong."""

import html
import io
import re
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from matchmaker.services import jobs
from matchmaker.services.transfer import desk
from models import Job, Need, Post
from models.vocabulary import Kind
from tests import builders
from tests.services.lists import csv_file, jsonl_file, xlsx_file
from tests.views.conftest import Words, browser, words_of

ROWS = [["需求名称", "企业名称", "主要问题", "预算（万元）", "备注"],
        ["求薄壁件翘曲控制", "示例注塑有限公司", "出模后翘曲", "50", "a"],
        ["", "示例注塑有限公司", "没有名称", "50", "b"],
        ["求<b>脱硫</b>工艺", "示例环保有限公司", "硫化物超标", "30-50", "c"]]


@pytest.fixture
def broker(app, people):
    return browser(app, people.broker)


class Context:
    """A worker's transactions; `reading` is what somebody does while the file is read."""

    def __init__(self, sessions, job, reading):
        self.sessions, self.job, self.finder, self.reading = sessions, job, Words(sessions), reading

    @contextmanager
    def write(self, *, last=False, **progress):
        with self.sessions.write() as session:
            jobs.renew(session, self.job.id, "w", **progress)
            yield session
            if last:
                jobs.finish(session, self.job.id, "w")
            session.commit()
        if progress.get("message") == "正在读取文件":
            self.reading()


def work(sessions, config, reading=lambda: None):
    """What the worker would do next."""
    with sessions.write() as session:
        job = jobs.claim(session, "w", ["import"])
        session.commit()
    desk.run_job(Context(sessions, job, reading), config.instance / "uploads", job)


def upload(client, content, name="需求.csv", kind="need"):
    return client.post("/transfer/", data={"kind": kind, "file": (io.BytesIO(content), name)},
                       content_type="multipart/form-data")


def listed(tmp_path, rows=ROWS):
    return csv_file(tmp_path / "made.csv", rows, "gbk").read_bytes()


def choices(page):
    """Column → field, as the form would send them."""
    found = {}
    for column, rest in re.findall(r'name="column" value="([^"]*)">(.*?)</td>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', rest)
        found[column] = chosen[1] if chosen else ""
    return found


def choose(client, address, fields, source="示例清单"):
    sent = client.post(address, data={"column": list(fields), "field": list(fields.values()), "source": source})
    assert sent.status_code == 302
    return sent.location


def previewed(client, sessions, config, address, **changed):
    job = choose(client, address, choices(client.get(address).text) | changed)
    work(sessions, config)
    return job


def confirm(client, page):
    """Press the button on the page of a preview."""
    action, form = re.search(r'action="([^"]*/confirm)"(.*?)</form>', page, re.DOTALL).groups()
    return client.post(action, data=dict(re.findall(r'name="([^"]*)" value="([^"]*)"', form)))


def test_from_upload_to_import(broker, sessions, config, tmp_path):
    sent = upload(broker, listed(tmp_path))
    assert sent.status_code == 302
    page = broker.get(sent.location).text
    assert choices(page) == {"需求名称": "title", "企业名称": "organisation", "主要问题": "main_problem",
                             "预算（万元）": "budget", "备注": ""}
    preview = previewed(broker, sessions, config, sent.location)
    said = words_of(broker.get(preview).text)
    for sentence in ("2 将新增", "0 将更新", "1 需修改", "未导入的列：备注", "第 3 行「需求名称」：不能为空",
                     "“30-50”按上限 50 万元记"):
        assert sentence in said
    with sessions.read() as session:
        assert session.scalar(select(func.count()).select_from(Post)) == 0
    confirmed = confirm(broker, broker.get(preview).text)
    assert confirm(broker, broker.get(preview).text).location == confirmed.location
    work(sessions, config)
    done = broker.get(confirmed.location).text
    assert "2 已新增" in words_of(done)
    assert "求&lt;b&gt;脱硫&lt;/b&gt;工艺" in done
    with sessions.read() as session:
        assert {post.title for post in session.scalars(select(Need))} == {ROWS[1][0], ROWS[3][0]}
        assert session.scalar(select(func.count()).select_from(Job).where(Job.kind == "import")) == 2
    wrong = broker.get(f"{confirmed.location}/wrong", buffered=True)
    assert wrong.mimetype == "text/csv"
    mended = upload(broker, wrong.data.decode("utf-8-sig").replace(',"",', ',"求补名",').encode())
    assert "1 将新增" in words_of(broker.get(previewed(broker, sessions, config, mended.location)).text)


def test_progress_is_polled_and_gives_way_to_the_result(broker, sessions, config, tmp_path):
    sent = upload(broker, listed(tmp_path))
    fields = choices(broker.get(sent.location).text)
    job = choose(broker, sent.location, fields)
    page = broker.get(job).text
    assert 'hx-trigger="every 1s"' in page
    inner = broker.get(job, headers={"HX-Request": "true"})
    assert "<html" not in inner.text
    assert "等待处理" in inner.text
    assert "<progress" in inner.text
    assert "HX-Refresh" not in inner.headers
    work(sessions, config)
    assert broker.get(job, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_a_mapping_may_be_changed_and_a_bad_one_is_told(broker, sessions, config, tmp_path):
    at = upload(broker, listed(tmp_path)).location
    columns = ROWS[0]
    twice = broker.post(at, data={"column": columns, "field": ["title", "title", "", "", ""]})
    assert twice.status_code == 400
    assert "对应到了多列" in twice.text
    none = broker.post(at, data={"column": columns, "field": ["", "title2", "", "", ""]})
    assert none.status_code == 400
    swapped = broker.post(at, data={"column": columns, "field": ["", "", "title", "", "tried"]})
    work(sessions, config)
    assert "3 将新增" in words_of(broker.get(swapped.location).text)


def test_a_choice_made_while_the_file_is_read_stands(broker, sessions, config, tmp_path):
    at = upload(broker, listed(tmp_path)).location
    fields = choices(broker.get(at).text)
    choose(broker, at, fields)
    later = []
    work(sessions, config, lambda: later.append(choose(broker, at, fields | {"备注": "brief"}, "新的清单")))
    page = broker.get(at).text
    assert choices(page)["备注"] == "brief"
    assert 'value="新的清单"' in page
    work(sessions, config)
    said = words_of(broker.get(later[0]).text)
    assert "2 将新增" in said
    assert "未导入的列" not in said


def test_only_the_preview_of_the_last_choice_leads_to_an_import(broker, sessions, config, tmp_path):
    at = upload(broker, listed(tmp_path)).location
    first = previewed(broker, sessions, config, at)
    held = broker.get(first).text
    second = previewed(broker, sessions, config, at, 需求名称="", 主要问题="title")
    refused = confirm(broker, held)
    assert refused.status_code == 409
    assert "重新预览后再导入" in refused.text
    said = broker.get(first).text
    assert "重新预览后再导入" in said
    assert "/confirm" not in said
    assert "没有名称" in broker.get(f"{first}/wrong", buffered=True).data.decode("utf-8-sig")
    assert broker.get(f"{second}/wrong").status_code == 404
    assert confirm(broker, broker.get(second).text).status_code == 302
    work(sessions, config)
    with sessions.read() as session:
        assert {post.title for post in session.scalars(select(Need))} == {row[2] for row in ROWS[1:]}


def test_json_keys_of_the_last_line_can_be_chosen(broker, tmp_path):
    lines = [*({"title": f"需求{at}"} for at in range(80)), {"title": "末", "budget": 5, "organisation": "示例"}]
    content = jsonl_file(tmp_path / "made.jsonl", lines).read_bytes()
    at = upload(broker, content, "需求.jsonl").location
    assert choices(broker.get(at).text) == {"title": "title", "budget": "budget", "organisation": "organisation"}


def test_half_a_character_and_a_key_without_letters_are_shown(broker):
    at = upload(broker, b'{"title": "a\\ud800", "": 1, "x\\udc00 y": 2}\n', "a.jsonl").location
    assert list(choices(broker.get(at).text)) == ["title", "第2列", "x y"]


def test_objects_are_shown_as_they_are_written(broker):
    at = upload(broker, '{"title": "甲", "completers": [{"name": "张工"}], "trl": 0}\n'.encode(), "a.jsonl").location
    shown = html.unescape(broker.get(at).text)
    assert '<div>[{"name": "张工"}]</div>' in shown
    assert "<div>0</div>" in shown


@pytest.mark.parametrize(("content", "name", "says"), [
    (b"", "a.csv", "文件是空的"), (b"PK\x03\x04broken", "a.xlsx", "不是完整的 Excel"),
    (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "a.xls", "旧版 Excel"),
    ("需求名称\n甲".encode("utf-16")[:-1], "a.csv", "无法识别的字符"), (b"%PDF-1.7 x", "需求.pdf", "无法识别的文件"),
])
def test_a_file_that_cannot_be_read_gets_a_page_that_says_so(broker, content, name, says):
    sent = upload(broker, content, name)
    page = broker.get(sent.location)
    assert page.status_code == 400
    assert says in page.text


def test_half_characters_are_shown_as_question_marks_and_come_back(broker, sessions, config):
    content = '{"title": "甲\\ud83d", "a\\ud83d": ["\\ud83d"]}\n{"title": "乙"}\n{"title"'.encode()
    sent = upload(broker, content, "需求.jsonl")
    assert "甲?" in broker.get(sent.location).text
    job = previewed(broker, sessions, config, sent.location)
    said = words_of(broker.get(job).text)
    assert "1 将新增" in said
    assert "2 需修改" in said
    assert broker.get(f"{job}/wrong", buffered=True).data.startswith(b"PK")


def test_a_hostile_name_is_only_shown(broker, config):
    sent = upload(broker, "需求名称\n甲".encode(), "../../<x>.csv")
    page = broker.get(sent.location)
    assert page.status_code == 200
    assert "x.csv" in page.text
    assert "<x>" not in page.text
    assert sorted(path.name for path in (config.instance / "uploads").iterdir()) == [sent.location.rsplit("/", 1)[1]]


def test_no_file_and_unknown_addresses(broker):
    assert "请先选择一个文件" in broker.post("/transfer/", data={"kind": "need"}).text
    assert upload(broker, b"title\na", kind="nothing").status_code == 404
    for address in ("/transfer/uploads/../../etc", "/transfer/uploads/" + "x" * 22, "/transfer/jobs/99",
                    "/transfer/jobs/99999999999999", "/transfer/template/x.xlsx", "/transfer/export/need.pdf"):
        assert broker.get(address).status_code == 404


def test_an_upload_past_the_limit_is_refused_and_read_away_in_pieces(broker):
    class Endless:
        taken = largest = 0

        def read(self, size):
            self.taken += size
            self.largest = max(self.largest, size)
            return b"x" * size

    body = Endless()
    answer = broker.post("/transfer/", content_type="multipart/form-data; boundary=x", environ_overrides={
        "wsgi.input": body, "CONTENT_LENGTH": str(200 << 20)})
    assert answer.status_code == 413
    assert "上传的文件太大" in answer.text
    assert body.taken <= 1 << 30
    assert body.largest <= 1 << 20


def test_templates_and_exports_are_downloads(broker, session):
    session.add(builders.need("求注塑件翘曲控制方法"))
    session.commit()
    for kind in Kind:
        assert broker.get(f"/transfer/template/{kind.value}.xlsx", buffered=True).data.startswith(b"PK")
    sheet = broker.get("/transfer/export/need.csv?field=nonsense", buffered=True)
    assert "求注塑件翘曲控制方法" in sheet.data.decode("utf-8-sig")
    assert "attachment" in sheet.headers["Content-Disposition"]
    assert broker.get("/transfer/export/need.xlsx", buffered=True).data.startswith(b"PK")


def test_only_staff_may(app, people):
    addresses = ["/transfer/", "/transfer/uploads/x", "/transfer/jobs/1", "/transfer/jobs/1/wrong",
                 "/transfer/template/need.xlsx", "/transfer/export/need.csv"]
    for person, status in ((None, 302), (people.enterprise, 403), (people.researcher, 403)):
        client = browser(app, person)
        for address in addresses:
            assert client.get(address).status_code == status
        for address in ("/transfer/", "/transfer/uploads/x", "/transfer/uploads/x/confirm"):
            assert client.post(address).status_code == status


def test_a_workbook_comes_back_as_a_workbook(broker, sessions, config, tmp_path):
    made = xlsx_file(tmp_path / "made.xlsx", ROWS).read_bytes()
    job = previewed(broker, sessions, config, upload(broker, made, "需求.xlsx").location)
    back = broker.get(f"{job}/wrong", buffered=True)
    assert back.data.startswith(b"PK")
    assert "1 需修改" in words_of(broker.get(job).text)
