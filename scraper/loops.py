"""Event loops of our own: in the main thread for the command line, in a thread for a call that blocks."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

Result = TypeVar("Result")
Stop = Callable[[], None]
"""Asks what runs to come to its end; called again, to end at once."""


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return a uvloop, or asyncio's own loop where there is none (Windows)."""
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def in_own_loop(start: Callable[[Callable[[Stop], None]], Coroutine[Any, Any, Result]]) -> Result:
    """Run a coroutine in a new loop in a new thread, and return or raise what it does.

    `start` makes the coroutine; it gets a function to hand over how to stop it, which each KeyboardInterrupt in the
    calling thread then does.
    """
    outcome: Future[Result] = Future()
    interrupts = _Interrupts()

    def work() -> None:
        try:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                outcome.set_result(runner.run(start(interrupts.on_start)))
        except BaseException as error:  # noqa: BLE001 - it goes to the caller's thread, whatever it is
            outcome.set_exception(error)

    # In the caller's context: Jupyter finds in it which cell an output belongs to.
    thread = threading.Thread(target=copy_context().run, args=(work,), name="scrape", daemon=True)
    thread.start()
    while True:
        try:
            result = outcome.result()
            thread.join()
        except KeyboardInterrupt:
            if not outcome.done():
                interrupts.add()
            elif isinstance(outcome.exception(), KeyboardInterrupt):  # it was raised by the coroutine
                raise
        else:
            return result


class _Interrupts:
    """Hands each KeyboardInterrupt to the work in the other thread, also those that came too early for it."""

    def __init__(self) -> None:
        self._stops: list[Callable[[], object]] = []
        self._number = 0

    def on_start(self, stop: Stop) -> None:
        """Take how to stop what runs in the loop of the calling thread."""
        self._stops.append(partial(asyncio.get_running_loop().call_soon_threadsafe, stop))
        for _ in range(self._number):
            stop()

    def add(self) -> None:
        self._number += 1
        for stop in self._stops:
            with suppress(RuntimeError):  # the loop has just ended
                stop()


async def in_thread(work: Callable[[], Result], undo: Callable[[Result], object] = lambda _: None) -> Result:
    """Return what `work` does, in a thread of its own. Cancelling does not wait for it; `undo` gets what it returns."""
    outcome: Future[Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it goes to the loop's thread, whatever it is
            outcome.set_exception(error)

    def undo_unwanted(done: "Future[Result]") -> None:
        if not done.exception():
            undo(done.result())

    outcome.set_running_or_notify_cancel()
    threading.Thread(target=run, name="output", daemon=True).start()
    try:
        return await asyncio.wrap_future(outcome)
    except asyncio.CancelledError:
        outcome.add_done_callback(undo_unwanted)
        raise
