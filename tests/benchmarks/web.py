"""An nginx of our own on loopback: any number of addresses, gzip, keep-alive, TLS, and replies that take their time."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from authority import Certificate

CONFIG = """
{modules}
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile {descriptors};
pid {folder}/nginx.pid;
events {{ worker_connections {descriptors}; }}
http {{
    types {{ text/html html; }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    access_log off;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=10000;
    keepalive_requests 1000000;
    gzip_static on;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache off;
    ssl_session_tickets off;  # hosts of a broad list have not been seen before
    root {root};
{servers}
}}
"""
SERVER = """    server {{
        {listen}
        {tls}
        {slow}
    }}"""
ECHO_MODULE = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
SLOW = "location / {{ echo_sleep {delay_s}; echo_exec @page; }} location @page {{ }}"


class Site(NamedTuple):
    """What to serve, and how."""

    root: Path
    addresses: Sequence[str]
    certificates: Sequence[Certificate] = ()
    """None for plain HTTP; with TLS they cover every address."""
    delay_s: float = 0.0
    """How long every reply takes."""


class Server(NamedTuple):
    """A server that runs."""

    port: int
    processes: Sequence[int]
    """Ids of the master and its worker."""


def loopback_hosts(count: int, network: str = "127.0") -> list[str]:
    """Return `count` addresses `127.0.1.1`, `127.0.1.2`, ... (250 to a third byte)."""
    return [f"{network}.{1 + number // 250}.{1 + number % 250}" for number in range(count)]


@contextmanager
def nginx(site: Site, folder: Path, core: int | None) -> Iterator[Server]:
    """Serve `site`, pinned to CPU `core` if one is given, with nginx's own files in `folder`.

    Raises SystemExit with one line when nginx is missing or does not start.
    """
    port = _free_port(site.addresses)
    config, errors = folder / "nginx.conf", folder / "error.log"
    config.write_text(_configuration(site, folder, port))
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    command = [*pinned, "nginx", "-p", str(folder), "-c", str(config)]
    with errors.open("wb") as stream:
        try:
            process = subprocess.Popen(command, stdout=stream, stderr=stream)
        except FileNotFoundError as error:
            package = {"taskset": "util-linux"}.get(error.filename, "nginx-light")
            raise SystemExit(f"{error.filename} is missing; install it with: apt-get install {package}") from None
    try:
        workers = _wait_until_up(process, site.addresses[-1], port, errors)
        yield Server(port, [process.pid, *workers])
    finally:
        process.terminate()
        process.wait()


def _configuration(site: Site, folder: Path, port: int) -> str:
    if site.delay_s and not ECHO_MODULE.exists():
        raise SystemExit("nginx cannot wait; install its module with: apt-get install libnginx-mod-http-echo")
    slow = SLOW.format(delay_s=site.delay_s) if site.delay_s else ""
    servers = [
        SERVER.format(
            listen="\n        ".join(f"listen {address}:{port} ssl;" for address in certificate.addresses),
            tls=f"ssl_certificate {certificate.file}; ssl_certificate_key {certificate.file};",
            slow=slow,
        )
        for certificate in site.certificates
    ]
    if not servers:
        listen = "\n        ".join(f"listen {address}:{port};" for address in site.addresses)
        servers = [SERVER.format(listen=listen, tls="", slow=slow)]
    return CONFIG.format(
        modules=f"load_module {ECHO_MODULE};" if site.delay_s else "",
        user="user root;" if os.geteuid() == 0 else "",  # else the worker of root's nginx is `nobody`
        descriptors=len(site.addresses) + 8192,
        folder=folder,
        root=site.root,
        servers="\n".join(servers),
    )


def _free_port(addresses: Sequence[str]) -> int:
    """Return a port below the ephemeral range that is free on every one of `addresses`."""
    for port in range(18_080, 32_000, 7):
        if all(_is_free(address, port) for address in addresses):
            return port
    raise SystemExit("no free port between 18080 and 32000")


def _is_free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def _wait_until_up(process: subprocess.Popen[bytes], address: str, port: int, errors: Path) -> list[int]:
    """Return the ids of nginx's workers. Raises SystemExit with nginx's last words when there are none in 20 s."""
    children = Path("/proc", str(process.pid), "task", str(process.pid), "children")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((address, port), timeout=1).close()
            if workers := children.read_text().split():
                return [int(worker) for worker in workers]
        except OSError:
            pass
        time.sleep(0.02)
    lines = errors.read_text().strip().splitlines() or ["no message"]
    raise SystemExit(f"nginx did not start (is it there? apt-get install nginx-light): {lines[-1]}")
