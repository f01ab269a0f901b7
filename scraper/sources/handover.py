"""Pulls an iterable that may keep its reader waiting on a thread of its own, and hands what comes to the loop."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import suppress
from inspect import isgenerator
from typing import Generic, TypeVar

T = TypeVar("T")

_log = logging.getLogger(__name__)


async def handed_over(
    make: Callable[[], Iterable[T]], *, ahead: int, patience_s: float, name: str
) -> AsyncGenerator[list[T], None]:
    """Yield what the iterable that `make` returns yields, as it comes: all that is there by then, in one list.

    Everything is done on one thread: making it, pulling it, and closing it when it is a generator. It is pulled
    `ahead` items further than was taken, at most. What it raises is raised here, after the items before it.

    The thread is a daemon: an item that never comes holds up neither a cancellation nor the end of the process, as it
    would on the loop's executor. Closing this generator waits `patience_s` for the thread to end; one that is kept
    waiting for longer ends as soon as its item comes.
    """
    loop = asyncio.get_running_loop()
    pump = _Pump(make, loop, ahead)
    threading.Thread(target=pump.run, name=name, daemon=True).start()
    try:
        while items := await pump.take():
            yield items
    finally:
        pump.stop()
        if patience_s and not loop.is_closed():
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await pump.gone.wait()


class _Pump(Generic[T]):
    """`run` is the thread's; all other methods and the events are the loop's."""

    def __init__(self, make: Callable[[], Iterable[T]], loop: asyncio.AbstractEventLoop, ahead: int) -> None:
        self.gone = asyncio.Event()
        """The thread has ended."""
        self._make = make
        self._loop = loop
        self._ahead = ahead
        self._arrived = asyncio.Event()
        self._lock = threading.Condition()  # guards what follows; waited for by the thread while there is no room
        self._items: deque[T] = deque()
        self._error: BaseException | None = None
        self._is_ended = False
        self._is_announced = False
        self._is_stopped = False

    async def take(self) -> list[T]:
        """Return what has come, once there is something; nothing at the end. Raises what the iterable did."""
        await self._arrived.wait()
        with self._lock:
            items = list(self._items)
            self._items.clear()
            if not self._is_ended:
                self._arrived.clear()
                self._is_announced = False
            self._lock.notify()
        if not items and self._error is not None:
            raise self._error
        return items

    def stop(self) -> None:
        """Have the thread end as soon as it can."""
        with self._lock:
            self._is_stopped = True
            self._lock.notify()

    def run(self) -> None:
        """Pull to the end, or until stopped."""
        error = None
        try:
            self._pull(self._make())
        except BaseException as caught:  # noqa: BLE001 - it goes to the loop's thread, whatever it is
            error = caught
        with self._lock:
            self._is_ended, self._error = True, error
            self._announce()
        self._tell(self.gone.set)

    def _pull(self, iterable: Iterable[T]) -> None:
        try:
            for item in iterable:
                if not self._put(item):
                    break
        finally:
            if isgenerator(iterable):
                try:
                    iterable.close()
                except Exception:  # noqa: BLE001 - the caller's own, and nobody pulls any more who could get it
                    _log.warning("closing the generator of the URLs failed", exc_info=True)

    def _put(self, item: T) -> bool:
        """Leave `item` to the loop, and wait until there is room for the next; return whether that is wanted."""
        with self._lock:
            self._items.append(item)
            if not self._announce():
                return False
            self._lock.wait_for(lambda: self._is_stopped or len(self._items) < self._ahead)
            return not self._is_stopped

    def _announce(self) -> bool:
        """Tell the loop that there is something, if it does not know; return whether there is a loop to tell."""
        if self._is_announced:
            return True
        self._is_announced = True
        return self._tell(self._arrived.set)

    def _tell(self, what: Callable[[], object]) -> bool:
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:  # the loop was closed and the generator was not
            return False
        return True
