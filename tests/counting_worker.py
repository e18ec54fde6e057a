"""A worker that also counts: each job of kind `count` leaves one event. Run as a process by test_processes."""

from __future__ import annotations

from matchmaker import worker
from matchmaker.tasks import HANDLERS, Task
from models import Event, Job


def count(task: Task, job: Job) -> None:
    with task.write(done=1):
        pass
    with task.write(last=True) as session:
        session.add(Event(action="counted", subject="job", subject_id=job.id, after={"by": job.claimed_by}))


if __name__ == "__main__":
    HANDLERS["count"] = count
    worker.main()
