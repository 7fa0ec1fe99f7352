"""A server on loopback that offers files as archives on the Internet do: ranges, tags, and broken-off transfers."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Files:
    """What is offered, how it fails, and what was asked.

    Attributes:
        content: path → bytes.
        breaks_off_after: path → how many bytes each of the next answers gives before the line goes dead.
        statuses: path → HTTP statuses to answer first.
        ranges: whether parts of files can be asked for.
        asked: (path, Range header) in order.
    """

    content: dict[str, bytes] = field(default_factory=dict)
    breaks_off_after: dict[str, list[int]] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    ranges: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""


class _Handler(http.server.BaseHTTPRequestHandler):
    files: Files

    def do_GET(self) -> None:
        path = self.path
        asked = self.headers.get("Range", "")
        self.files.asked.append((path, asked))
        if self.files.statuses.get(path):
            self.send_error(self.files.statuses[path].pop(0))
            return
        if path not in self.files.content:
            self.send_error(404)
            return
        self._send(path, self.files.content[path], asked)

    def _send(self, path: str, data: bytes, asked: str) -> None:
        tag = f'"{hashlib.sha256(data).hexdigest()}"'
        start = 0
        if asked and self.files.ranges and self.headers.get("If-Range", tag) == tag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        if start >= len(data) > 0:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.send_header("ETag", tag)
        self.end_headers()
        limits = self.files.breaks_off_after.get(path)
        self.wfile.write(data[start:][: limits.pop(0)] if limits else data[start:])

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Files]:
    """Offers files at ``address`` until the block ends."""
    files = Files()
    handler = type("Handler", (_Handler,), {"files": files})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        files.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield files
        finally:
            server.shutdown()
            thread.join()
