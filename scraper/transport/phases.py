"""How long one request took to look up its host and to connect, gathered below aiohttp's own calls."""

from contextvars import ContextVar


class Phases:
    """Milliseconds of one request; None for a phase that it did not need."""

    __slots__ = ("connect", "dns", "has_dialled", "has_room")

    def __init__(self) -> None:
        self.dns: float | None = None
        self.connect: float | None = None
        """TCP and TLS."""
        self.has_dialled = False
        """A new socket was opened for it: it does not run on a kept connection."""
        self.has_room = False
        """A socket was promised to it, and is not opened yet."""


CURRENT: ContextVar[Phases] = ContextVar("phases")
"""Of the request that the current task is sending; tasks that aiohttp starts for it inherit it."""
