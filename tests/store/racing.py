"""What racing processes run: plain functions, each opening the book for itself."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from multiprocessing.synchronize import Barrier
from typing import Any

from compliance.contact import Refused
from workstation.desk.book import BookUnavailable, CallRequest, LeaseHeld, SignInRefused
from workstation.store.book import SqlBook, open_book

PROCESSES = 8
THREADS = 25
"""Collectors in each process: with eight processes, two hundred at once."""
_PATIENCE_S = 180


def race(work: Callable[..., None], url: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Run `work(url, barrier, answers, *arguments)` in one process each, all let go at once."""
    # A server process forked early is quicker than eight fresh interpreters, and free of this one's threads.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["workstation.store.book", "compliance.gate", "compliance.rulebook"])
    barrier = context.Barrier(len(arguments))
    answers = context.Queue()
    runners = [context.Process(target=work, args=(url, barrier, answers, *given)) for given in arguments]
    for runner in runners:
        runner.start()
    found = [answers.get(timeout=_PATIENCE_S) for _ in runners]
    for runner in runners:
        runner.join(_PATIENCE_S)
        assert runner.exitcode == 0
    return found


def authorise_daily(
    url: str, barrier: Barrier, answers: Any, request: CallRequest, days: Sequence[datetime]
) -> None:
    """Try to call once a day, at the same instant as everybody else; answer with what was permitted."""
    book = open_book(url)
    permitted = []
    for now in days:
        barrier.wait(_PATIENCE_S)
        if not isinstance(book.authorise(request, now), Refused):
            permitted.append(now)
    book.close()
    answers.put(permitted)


def authorise_all_at_once(
    url: str, barrier: Barrier, answers: Any, requests: Sequence[CallRequest], now: datetime
) -> None:
    """Let many collectors of one process call the same person at the same instant; answer with call ids."""
    from concurrent.futures import ThreadPoolExecutor

    book = open_book(url)
    go = threading.Barrier(len(requests))

    def call(request: CallRequest) -> str:
        go.wait(_PATIENCE_S)
        while True:
            try:
                granted = book.authorise(request, now)
            except BookUnavailable:
                time.sleep(0.2)  # so many at once may outlast the database's patience: a person presses again
                continue
            return "" if isinstance(granted, Refused) else granted.call_id

    barrier.wait(_PATIENCE_S)
    with ThreadPoolExecutor(len(requests)) as pool:
        permitted = [call_id for call_id in pool.map(call, requests) if call_id]
    book.close()
    answers.put(permitted)


def authorise_and_die(url: str, barrier: Barrier, answers: Any, request: CallRequest, now: datetime) -> None:
    """Reserve a call and vanish before anything is dialled."""
    import os

    book = open_book(url)
    barrier.wait(_PATIENCE_S)
    granted = book.authorise(request, now)
    answers.put("" if isinstance(granted, Refused) else granted.call_id)
    answers.close()
    answers.join_thread()
    os._exit(0)


def take_next(url: str, barrier: Barrier, answers: Any, user_id: int, now: datetime, times: int) -> None:
    """Take the next account again and again, all at once; answer with what was taken each time."""
    book = open_book(url)
    taken = []
    for _ in range(times):
        barrier.wait(_PATIENCE_S)
        taken.append(book.take_account(user_id, now))
    book.close()
    answers.put(taken)


def take_that(url: str, barrier: Barrier, answers: Any, user_id: int, now: datetime, account_id: int) -> None:
    """Fight for one account; answer with whether it was won."""
    book = open_book(url)
    barrier.wait(_PATIENCE_S)
    try:
        answers.put(book.take_account(user_id, now, account_id) == account_id)
    except LeaseHeld:
        answers.put(False)
    finally:
        book.close()


def guess_passwords(
    url: str, barrier: Barrier, answers: Any, username: str, password: str, wrong: int, now: datetime
) -> None:
    """Guess wrong so many times, then right; answers how often it got in."""
    book = open_book(url)
    barrier.wait(_PATIENCE_S)
    got_in = 0
    for guess in [*["guess"] * wrong, password]:
        got_in += _sign_in(book, username, guess, "", now)
    answers.put(got_in)
    book.close()


def use_one_code(
    url: str, barrier: Barrier, answers: Any, username: str, password: str, code: str, now: datetime
) -> None:
    """Sign in with a code that others use too; answers how often it got in."""
    book = open_book(url)
    barrier.wait(_PATIENCE_S)
    answers.put(_sign_in(book, username, password, code, now))
    book.close()


def _sign_in(book: SqlBook, username: str, password: str, code: str, now: datetime) -> int:
    while True:
        try:
            book.sign_in(username, password, now, code)
        except SignInRefused:
            return 0
        except BookUnavailable:
            continue
        return 1
