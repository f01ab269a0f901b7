"""Drives a headless Chromium by the DevTools protocol over its pipe: no port, no driver, no library.

::

    with browser.opened("file:///tmp/report.html", width=320, scheme="dark") as page:
        assert page.run("document.documentElement.scrollWidth") <= 320
        assert page.complaints == []
"""

import json
import os
import select
import shutil
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
_FLAGS = (
    "--headless=new --remote-debugging-pipe --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run "
    "--disable-extensions --disable-background-networking --disable-component-update --disable-sync --mute-audio "
    "--hide-scrollbars --no-default-browser-check --disable-features=Translate,MediaRouter,OptimizationHints"
).split()
_PATIENCE_S = 30.0


class Browser:
    """A Chromium that is running."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._rest = b""
        self._last = 0
        self.pages: dict[str, Page] = {}

    def call(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        """Call a method of the protocol and return its result."""
        self._last += 1
        call = {"id": self._last, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        os.write(self._commands, json.dumps(call).encode() + b"\0")
        while True:
            message = self._next(time.monotonic() + _PATIENCE_S)
            if message.get("id") == self._last:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self._heard(message)

    def listen(self, seconds: float) -> None:
        """Take in events for some time."""
        until = time.monotonic() + seconds
        with suppress(TimeoutError):
            while True:
                self._heard(self._next(until))

    def _heard(self, message: dict[str, Any]) -> None:
        page = self.pages.get(message.get("sessionId", ""))
        if page is not None:
            page.heard(message["method"], message["params"])

    def _next(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            if not select.select([self._answers], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError
            piece = os.read(self._answers, 1 << 20)
            assert piece, "chromium has ended"
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        return json.loads(text)


class Page:
    """A tab, and what went wrong in it."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.complaints: list[str] = []
        """Errors of the console, exceptions, refused resources, dialogs."""
        self.is_loaded = False

    def call(self, method: str, **parameters: Any) -> Any:
        return self._browser.call(method, self._session, **parameters)

    def heard(self, event: str, told: dict[str, Any]) -> None:
        if event == "Page.loadEventFired":
            self.is_loaded = True
        elif event == "Page.javascriptDialogOpening":
            self.complaints.append(f"dialog: {told['message']}")
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(f"exception: {told['exceptionDetails']}")
        elif event == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.complaints.append(f"console: {told['args']}")
        elif event == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"log: {told['entry']['text']}")

    def open(self, url: str) -> None:
        self.is_loaded = False
        self.call("Page.navigate", url=url)
        until = time.monotonic() + _PATIENCE_S
        while not self.is_loaded and time.monotonic() < until:
            self._browser.listen(0.05)
        assert self.is_loaded, f"{url} was not loaded"

    def run(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def until(self, script: str, seconds: float = _PATIENCE_S) -> Any:
        """Return the value of an expression once it is true."""
        until = time.monotonic() + seconds
        while not (value := self.run(script)):
            assert time.monotonic() < until, f"never came true: {script}"
            self._browser.listen(0.05)
        return value

    def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"Tab": 9}[key])

    def resize(self, width: int, scheme: str = "light") -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path: Path) -> None:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(b64decode(shot["data"]))


@contextmanager
def running() -> Iterator[Browser]:
    """Start a Chromium with a profile of its own, and end it."""
    assert CHROMIUM is not None
    commands_end, commands = os.pipe()
    answers, answers_end = os.pipe()
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        silent = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
        pipes = [(os.POSIX_SPAWN_DUP2, commands_end, 3), (os.POSIX_SPAWN_DUP2, answers_end, 4)]
        words = [CHROMIUM, *_FLAGS, f"--user-data-dir={profile}"]
        pid = os.posix_spawn(CHROMIUM, words, {**os.environ, "HOME": profile}, file_actions=silent + pipes)
        os.close(commands_end)
        os.close(answers_end)
        browser = Browser(commands, answers)
        try:
            yield browser
            browser.call("Browser.close")
        finally:
            os.close(commands)
            os.close(answers)
            os.waitpid(pid, 0)


@contextmanager
def tab(browser: Browser, url: str, width: int = 1280, scheme: str = "light") -> Iterator[Page]:
    """Open a tab, and close it."""
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    page = browser.pages[session] = Page(browser, session)
    for domain in ("Page", "Runtime", "Log"):
        page.call(f"{domain}.enable")
    page.resize(width, scheme)
    page.open(url)
    yield page
    browser.call("Target.closeTarget", targetId=target)


OVERFLOW = """
[...document.querySelectorAll("body *")]
  .filter((node) => !node.closest(".scroll") && !node.closest(".visually-hidden") && !node.closest(".skip"))
  .filter((node) => node.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((node) => node.outerHTML.slice(0, 120))
"""
"""What reaches beyond the right edge of the page."""

FAINT = """
(() => {
  const numbers = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = numbers(getComputedStyle(node).backgroundColor);
      if (color.length && (color.length < 4 || color[3] === 1)) return color;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = new Set();
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !node.getClientRects().length) continue;
    const style = getComputedStyle(node);
    const ink = numbers(node instanceof SVGElement ? style.fill : style.color);
    const [high, low] = [light(ink), light(behind(node))].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faint.add(`${ratio.toFixed(2)} ${node.tagName} ${texts.currentNode.data.slice(0, 40)}`);
  }
  return [...faint];
})()
"""
"""Texts whose contrast with what is behind them is under 4.5 : 1 (WCAG 2.2, 1.4.3)."""
