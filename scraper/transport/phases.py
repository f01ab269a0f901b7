"""How one request gets to its host and how long that takes, and where it may go."""

from collections.abc import Callable

from scraper.transport.addresses import Guard


class Phases:
    """Milliseconds of one request; None for a phase that it did not need."""

    __slots__ = (
        "connect", "dns", "dns_began", "guard", "has_dialled", "has_room", "is_connected", "on_sent", "peer", "refusal",
    )  # fmt: skip

    def __init__(self, on_sent: Callable[[], None] | None = None) -> None:
        self.on_sent = on_sent
        """Called when the request goes out."""
        self.dns: float | None = None
        self.dns_began: float | None = None
        """By `time.perf_counter`; a look-up that is given up leaves `dns` None."""
        self.connect: float | None = None
        """TCP and TLS."""
        self.is_connected = False
        """There was a connection to send it on."""
        self.has_dialled = False
        """A new socket was opened for it: it does not run on a kept connection."""
        self.has_room = False
        """A socket was promised to it, and is not opened yet."""
        self.guard: Guard | None = None
        """Decides which addresses it may be sent to; None: any."""
        self.refusal: str | None = None
        """Why an address was not dialled."""
        self.peer: str | None = None
        """The address of the host at the other end; None when that is a proxy."""
