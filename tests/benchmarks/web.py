"""An nginx of our own on loopback: any number of addresses, gzip, keep-alive, a log of every request when asked for."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

CONFIG = """
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
    log_format request '$msec $host $request_uri $status $connection';
    access_log {log};
    sendfile on;
    tcp_nopush on;
    open_file_cache max=10000;
    keepalive_requests 1000000;
    gzip on;
    gzip_comp_level 5;
    gzip_static on;
    server {{
        {listen}
        root {root};
    }}
}}
"""


def loopback_hosts(count: int, network: str = "127.0") -> list[str]:
    """Return `count` addresses `127.0.1.1`, `127.0.1.2`, ... (250 to a third byte)."""
    return [f"{network}.{1 + number // 250}.{1 + number % 250}" for number in range(count)]


@contextmanager
def nginx(root: Path, folder: Path, addresses: Sequence[str], core: int, log: Path | None = None) -> Iterator[int]:
    """Serve `root` from `addresses`, pinned to CPU `core`, with its own files in `folder`; yield the port.

    `log` gets one line for each request: seconds since the epoch, host, path and query, status, connection.
    Raises SystemExit with one line when nginx is missing or does not start.
    """
    port = _free_port(addresses)
    (folder / "nginx.conf").write_text(
        CONFIG.format(
            user="user root;" if os.geteuid() == 0 else "",  # else the worker of root's nginx is `nobody`
            descriptors=len(addresses) + 8192,
            folder=folder,
            log=f"{log} request" if log else "off",
            listen="\n        ".join(f"listen {address}:{port};" for address in addresses),
            root=root,
        )
    )
    errors = folder / "error.log"
    command = ["taskset", "-c", str(core), "nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with errors.open("wb") as stream:
        try:
            process = subprocess.Popen(command, stdout=stream, stderr=stream)
        except FileNotFoundError:
            raise SystemExit("taskset is missing; install it with: apt-get install util-linux") from None
    try:
        _wait_until_up(process, addresses[-1], port, errors)
        yield port
    finally:
        process.terminate()
        process.wait()


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


def _wait_until_up(process: subprocess.Popen[bytes], address: str, port: int, errors: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    lines = errors.read_text().strip().splitlines() or ["no message"]
    raise SystemExit(f"nginx did not start (is it there? apt-get install nginx-light): {lines[-1]}")
