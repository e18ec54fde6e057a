"""赵经理 looks at what the service does behind the pages, and has it try again."""

from sqlalchemy import select

from matchmaker.services import jobs
from models import Job, now
from tests.views.conftest import browser, words_of


def test_what_waits_to_be_tried_again_is_shown_and_can_be_tried_at_once(app, people, sessions):
    broker = browser(app, people.broker)
    assert "会自动再试" not in broker.get("/desk/status").text
    with sessions.write() as session:
        jobs.enqueue(session, "mail", {})
        session.flush()
        jobs.postpone(session, jobs.claim(session, "w", ["mail"]), "w", "邮件服务器没有应答")
        session.commit()
    shown = words_of(broker.get("/desk/status").text)
    assert "会自动再试的任务" in shown
    assert "邮件服务器没有应答 下次" in shown
    with sessions.read() as session:
        job = session.scalars(select(Job)).one()
        assert job.run_after > now()
    assert broker.post(f"/desk/jobs/{job.id}/retry").status_code == 302
    with sessions.read() as session:
        assert session.get_one(Job, job.id).run_after <= now()
