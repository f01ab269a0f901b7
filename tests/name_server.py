"""A name server on loopback that answers as a test tells it, and a way to run a command that asks it and no other.

The system's resolver knows no port but 53, so the server needs an address of its own and root; the command sees
another `/etc/resolv.conf` in a mount namespace of its own, and nothing else of the system changes::

    zone = {"good.test": "127.0.0.1", "gone.test": NXDOMAIN, "hangs.test": None}
    with name_server.running(zone) as names:
        subprocess.run(names.command([sys.executable, "-m", "scraper", "urls.txt"]))
    assert names.asked["gone.test"] == 1
"""

import os
import shutil
import socketserver
import struct
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import randint

import pytest
from dnslib import AAAA, QTYPE, RCODE, RR, A, DNSRecord

NXDOMAIN, SERVFAIL, REFUSED = RCODE.NXDOMAIN, RCODE.SERVFAIL, RCODE.REFUSED

Answer = int | str | Sequence[str] | None
"""A response code; an address or several, of both families (none: a name without an address); None: silence."""
Zone = Callable[[str], Answer]

_KIND = {False: "A", True: "AAAA"}
_RECORD_BYTES = 28
"""The longest, with its name compressed."""
_MOUNTS = 'mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/nsswitch.conf && shift 2 && exec "$@"'


class NameServer:
    """A running server, and what it was asked."""

    def __init__(self, zone: Zone, folder: Path) -> None:
        self.asked: Counter[str] = Counter()
        """Questions for an IPv4 address, by name. The resolver asks for both families each time."""
        self._zone = zone
        self._folder = folder

    def command(self, words: Sequence[str]) -> list[str]:
        """Return `words` to be run where names are resolved by this server alone."""
        files = [str(self._folder / name) for name in ("resolv.conf", "nsswitch.conf")]
        return ["unshare", "--mount", "sh", "-c", _MOUNTS, "sh", *files, *words]

    def answer(self, question: bytes, limit: int) -> bytes | None:
        """Return what is sent back; an answer over `limit` bytes is cut, and says so (RFC 1035, section 4.1.1)."""
        request = DNSRecord.parse(question)
        name = str(request.q.qname).rstrip(".").lower()
        kind = QTYPE[request.q.qtype]
        self.asked[name] += kind == "A"
        known = self._zone(name)
        if known is None:
            return None
        reply = request.reply()
        if isinstance(known, int):
            reply.header.rcode = known
            return bytes(reply.pack())
        addresses = [one for one in ([known] if isinstance(known, str) else known) if _KIND[":" in one] == kind]
        if len(addresses) * _RECORD_BYTES > limit:
            reply.header.tc = 1
        else:
            family = AAAA if kind == "AAAA" else A
            reply.add_answer(*(RR(name, request.q.qtype, ttl=0, rdata=family(address)) for address in addresses))
        return bytes(reply.pack())


@contextmanager
def running(zone: dict[str, Answer] | Zone, *, options: str = "timeout:5 attempts:1") -> Iterator[NameServer]:
    """Answer from `zone` for as long as the block lasts; a name that a dict does not know does not exist.

    `options` are those of resolv.conf(5). Skips the test where it cannot be done.
    """
    skip_unless_possible()
    known = zone if callable(zone) else lambda name: zone.get(name, NXDOMAIN)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = NameServer(known, folder)
        address = _serve(server, stack)
        (folder / "resolv.conf").write_text(f"nameserver {address}\noptions {options}\n")
        (folder / "nsswitch.conf").write_text("hosts: files dns\n")
        yield server


def skip_unless_possible() -> None:
    """Skip the test unless this is Linux with glibc's files, and root that may make a mount namespace."""
    files = [Path("/etc/resolv.conf"), Path("/etc/nsswitch.conf")]
    if not all(map(Path.exists, files)) or not shutil.which("unshare") or os.geteuid() != 0:
        pytest.skip("a name server of our own needs Linux, root, unshare(1), resolv.conf and nsswitch.conf")
    trial = ["unshare", "--mount", "sh", "-c", _MOUNTS, "sh", *map(str, files), "true"]
    if subprocess.run(trial, capture_output=True, check=False).returncode:
        pytest.skip("a mount namespace may not be made here")


def _serve(server: NameServer, stack: ExitStack) -> str:
    """Answer by UDP and TCP on port 53 of an address in 127/8 that nobody else has taken; return it."""
    while True:
        address = f"127.{randint(1, 254)}.{randint(1, 254)}.53"
        try:
            both = (_Datagrams((address, 53), _Datagram), _Connections((address, 53), _Connection))
        except OSError:
            continue
        for one in both:
            one.names = server
            thread = threading.Thread(target=one.serve_forever, args=(0.05,))
            thread.start()
            for step in (one.server_close, thread.join, one.shutdown):
                stack.callback(step)
        return address


class _Datagrams(socketserver.UDPServer):
    names: NameServer


class _Connections(socketserver.ThreadingTCPServer):
    names: NameServer
    allow_reuse_address = True
    daemon_threads = True


class _Datagram(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        question, sock = self.request
        answer = self.server.names.answer(question, 512)
        if answer is not None:
            sock.sendto(answer, self.client_address)


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while head := self.rfile.read(2):
            answer = self.server.names.answer(self.rfile.read(struct.unpack("!H", head)[0]), 65535)
            if answer is not None:
                self.wfile.write(struct.pack("!H", len(answer)) + answer)
