"""The locks: fair turns; many readers or one writer."""

import threading
import time

from embeddings.turns import Shared, Turns


def test_turns_go_in_the_order_of_arrival():
    turns, served = Turns(), []

    def wait(name: int) -> None:
        with turns:
            served.append(name)

    threads = [threading.Thread(target=wait, args=(name,)) for name in range(6)]
    with turns:
        for waiting, thread in enumerate(threads, 1):
            thread.start()
            while len(turns._waiting) < waiting:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert served == list(range(6))


def test_turns_are_given_back_after_an_error():
    turns = Turns()
    for _ in range(2):
        try:
            with turns:
                raise ValueError
        except ValueError:
            pass
    assert not turns._busy


def test_readers_share_and_a_writer_is_alone():
    lock, inside, seen = Shared(), set(), []
    both = threading.Barrier(2, timeout=5)

    def read(name: str) -> None:
        with lock.reading():
            inside.add(name)
            both.wait()
            seen.append("writer" in inside)
            both.wait()
            inside.discard(name)

    def write() -> None:
        with lock.writing():
            inside.add("writer")
            seen.append(len(inside) > 1)
            time.sleep(0.01)
            inside.discard("writer")

    readers = [threading.Thread(target=read, args=(name,)) for name in "ab"]
    writer = threading.Thread(target=write)
    for thread in (*readers, writer):
        thread.start()
    for thread in (*readers, writer):
        thread.join()
    assert seen == [False, False, False]
