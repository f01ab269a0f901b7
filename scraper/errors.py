"""Every way a URL or a run can fail: one tree, one slug each.

::

    ScraperError
    ├── UrlError                    the end of one URL; becomes the `error` of its record
    │   ├── InvalidUrl              invalid-url
    │   ├── UnsupportedScheme       unsupported-scheme
    │   ├── BlockedAddress          blocked-address
    │   ├── RobotsDenied            robots-denied
    │   ├── RobotsUnreachable       robots-unreachable   retried
    │   ├── DnsNotFound             dns-not-found
    │   ├── DnsFailure              dns-failure          retried
    │   ├── DnsTimeout              dns-timeout          retried
    │   ├── ConnectRefused          connect-refused      retried
    │   ├── ConnectFailed           connect-failed       retried
    │   ├── ConnectTimeout          connect-timeout      retried
    │   ├── TlsError                tls-error
    │   ├── ReadTimeout             read-timeout         retried
    │   ├── DeadlineExceeded        deadline             retried
    │   ├── Disconnected            disconnected         retried
    │   ├── Truncated               truncated            retried
    │   ├── ProtocolError           protocol-error
    │   ├── DecodeError             decode-error
    │   ├── TooLarge                too-large
    │   ├── TooManyRedirects        too-many-redirects
    │   ├── BadRedirect             bad-redirect
    │   ├── HttpStatus              http-status          retried for RETRIED_STATUSES
    │   ├── NotHtml                 not-html
    │   ├── ParseLimit              parse-limit
    │   ├── ExtractError            extract-error
    │   ├── HostDown                host-down
    │   └── InternalError           internal-error
    └── RunError                    the end of the run; carries the exit code
        ├── UsageError              2: an option, a source or a setting is wrong
        ├── DataCheckFailed         3: what was expected of the data does not hold
        ├── OutputLocked            4: another run holds the output
        ├── OutputError             5: the output cannot be written
        └── RunInterrupted          130 / 143: asked to stop; what is finished is written
"""

from collections.abc import Iterator
from typing import Any, ClassVar

RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
"""HTTP statuses that a later try may turn into a page; 520-524 and 529 are CDNs' own."""
PUSH_BACK_STATUSES = frozenset({429, 503})
REFUSAL_STATUSES = frozenset({403, 405, 429, 503})
"""What challenges to prove that one is no robot are sent with, beside 200."""
"""HTTP statuses by which a host asks to be asked less (RFC 6585, section 4; RFC 9110, section 15.6.4)."""


class ScraperError(Exception):
    """Whatever this package raises on purpose."""


class UrlError(ScraperError):
    """The end of one URL. `kind` is what its record carries."""

    kind: ClassVar[str]
    is_retried: bool = False
    is_host_failure: bool = False
    """The host could not be reached, or fell silent: the breaker counts these, unless there was an answer."""
    # How far the attempt came, set by the fetcher.
    status: int | None = None
    final_url: str | None = None
    redirects: tuple[Any, ...] = ()
    retry_after: str | None = None
    """The Retry-After header as it came."""
    timings: Any = None
    """A `models.Timings`: how long each phase took, the one that failed included."""
    page: Any = None
    """A `models.Page` with the beginning of what came with a status that refuses."""
    verdict: Any = None
    """The `models.Verdict` on that, when it is not ok."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidUrl(UrlError):
    """Not a URL by the WHATWG URL Standard, or one that no request can be made for."""

    kind = "invalid-url"


class UnsupportedScheme(UrlError):
    """A scheme other than http and https."""

    kind = "unsupported-scheme"


class BlockedAddress(UrlError):
    """The address guard refused to dial it."""

    kind = "blocked-address"


class RobotsDenied(UrlError):
    """robots.txt disallows it, or asks for a longer delay than we are ready to wait."""

    kind = "robots-denied"


class RobotsUnreachable(UrlError):
    """robots.txt could not be read (RFC 9309, section 2.3.1.4: assume it disallows)."""

    kind = "robots-unreachable"
    is_retried = True


class DnsNotFound(UrlError):
    """The name does not exist."""

    kind = "dns-not-found"


class DnsFailure(UrlError):
    """The name server failed; the name may exist."""

    kind = "dns-failure"
    is_retried = True
    is_host_failure = True


class DnsTimeout(UrlError):
    """The look-up took longer than its own time limit."""

    kind = "dns-timeout"
    is_retried = True
    is_host_failure = True


class ConnectRefused(UrlError):
    """Nothing listens there."""

    kind = "connect-refused"
    is_retried = True
    is_host_failure = True


class ConnectFailed(UrlError):
    """No connection for another reason: no route, reset, out of ports or descriptors."""

    kind = "connect-failed"
    is_retried = True
    is_host_failure = True


class ConnectTimeout(UrlError):
    """TCP and TLS were not up in time."""

    kind = "connect-timeout"
    is_retried = True
    is_host_failure = True


class TlsError(UrlError):
    """The certificate or the handshake is bad."""

    kind = "tls-error"


class ReadTimeout(UrlError):
    """The server fell silent for longer than the read time-out."""

    kind = "read-timeout"
    is_retried = True
    is_host_failure = True


class DeadlineExceeded(UrlError):
    """The whole attempt, redirects included, took longer than its deadline."""

    kind = "deadline"
    is_retried = True
    is_host_failure = True


class Disconnected(UrlError):
    """The connection went away before the headers were whole."""

    kind = "disconnected"
    is_retried = True


class Truncated(UrlError):
    """The body ended before its announced end."""

    kind = "truncated"
    is_retried = True


class ProtocolError(UrlError):
    """Not HTTP/1.x as RFC 9112 has it."""

    kind = "protocol-error"


class DecodeError(UrlError):
    """The body is not what its Content-Encoding says."""

    kind = "decode-error"


class TooLarge(UrlError):
    """The body is larger than the cap, on the wire or decoded, or wrapped so often that only decoding would tell."""

    kind = "too-large"


class TooManyRedirects(UrlError):
    """The chain of redirects is longer than the limit, or a loop."""

    kind = "too-many-redirects"


class BadRedirect(UrlError):
    """A redirect without a usable Location."""

    kind = "bad-redirect"


class HttpStatus(UrlError):
    """A final status that is not 2xx."""

    kind = "http-status"

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.is_retried = status in RETRIED_STATUSES


class NotHtml(UrlError):
    """A page was fetched and is not HTML."""

    kind = "not-html"


class ParseLimit(UrlError):
    """The page would cost more to parse than any page may."""

    kind = "parse-limit"


class ExtractError(UrlError):
    """The user's callback raised or returned what is not a dict, or what the recipe requires is missing."""

    kind = "extract-error"


class HostDown(UrlError):
    """The host failed so often in a row that its other URLs are not tried."""

    kind = "host-down"


class InternalError(UrlError):
    """A bug of ours; the traceback is in the log."""

    kind = "internal-error"


def _leaves(root: type[UrlError]) -> dict[str, type[UrlError]]:
    return {leaf.kind: leaf for leaf in root.__subclasses__()}


ERROR_KINDS = frozenset(_leaves(UrlError))
"""The closed set of `error.kind`."""


class RunError(ScraperError):
    """The end of the run. Its text is one line that names the place and the remedy."""

    exit_code: int = 70
    summary: Any = None
    """The account (`stats.Summary`) of what was done before a source turned out to be damaged; else None."""


class UsageError(RunError):
    """An option, a setting or a source is wrong; nothing was requested."""

    exit_code = 2


class DataCheckFailed(RunError):
    """What was expected of the data does not hold; the records are there all the same."""

    exit_code = 3


class OutputLocked(RunError):
    """Another run holds the output."""

    exit_code = 4


class OutputError(RunError):
    """The output cannot be opened or written."""

    exit_code = 5


class ProcessDied(RunError):
    """One of the run's processes was killed, or could not be started; the same call goes on where it stopped."""

    exit_code = 71


class RunInterrupted(RunError):
    """The run was asked to stop; the same call goes on where it stopped."""

    exit_code = 130


def reason_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the one exception that ended a run: a RunError if there is one, else the first that was raised."""
    leaves = list(_unpacked(group))
    return next((leaf for leaf in leaves if isinstance(leaf, RunError)), leaves[0])


def _unpacked(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _unpacked(inner)
    else:
        yield error
