"""Visitors of the page without a browser: each opens it, uploads a clip, and keeps the answer open.

Speaks Streamlit's own protocol (its protobuf messages over the page's websocket), so that the server holds for each
what it holds for a person: session, upload, recording, answer and pictures.

python -m benchmarks.sessions ADDRESS CLIP is one visit; it ends with 0 when the page showed an answer.
"""

from __future__ import annotations

import sys
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

ANSWER_MAX_S = 60.0


def open_visits(address: str, clip: bytes, count: int, stack: ExitStack) -> None:
    """Opens so many sessions with an answer in each; they stay until the stack is closed."""
    for _ in range(count):
        socket = stack.enter_context(
            connect(
                address.replace("http", "ws") + "/_stcore/stream",
                subprotocols=[Subprotocol("streamlit")],
                max_size=None,
            )
        )
        _visit(address, socket, clip)


def _visit(address: str, socket: ClientConnection, clip: bytes) -> None:
    message = BackMsg()
    message.rerun_script.page_script_hash = ""
    socket.send(message.SerializeToString())
    uploaders = [one.file_uploader.id for one in _drawn(socket) if one.WhichOneof("type") == "file_uploader"]
    if not uploaders:
        raise SystemExit("The page has no place for uploads any more: benchmarks/sessions.py must learn its new look.")
    message = BackMsg()
    asked = message.file_urls_request
    asked.request_id, asked.session_id = "1", ""
    asked.file_names.append("clip.wav")
    socket.send(message.SerializeToString())
    place = _next(socket, "file_urls_response").file_urls_response.file_urls[0]
    _put(address, place.upload_url, clip)
    message = BackMsg()
    state = message.rerun_script.widget_states.widgets.add()
    state.id = uploaders[0]
    found = state.file_uploader_state_value.uploaded_file_info.add()
    found.file_id, found.name, found.size = place.file_id, "clip.wav", len(clip)
    found.file_urls.CopyFrom(place)
    socket.send(message.SerializeToString())
    if not any("ser-answer" in one.html.body for one in _drawn(socket)):
        raise SystemExit("The page showed no answer to an upload.")


def _messages(socket: ClientConnection) -> Iterator[ForwardMsg]:
    """What the page sends, as it comes."""
    while True:
        data = socket.recv(timeout=ANSWER_MAX_S)
        assert isinstance(data, bytes)
        message = ForwardMsg()
        message.ParseFromString(data)
        yield message


def _next(socket: ClientConnection, kind: str) -> ForwardMsg:
    return next(message for message in _messages(socket) if message.WhichOneof("type") == kind)


def _drawn(socket: ClientConnection) -> list[Element]:
    """What one run of the page draws."""
    drawn = []
    for message in _messages(socket):
        kind = message.WhichOneof("type")
        if kind == "delta":
            drawn.append(message.delta.new_element)
        if kind == "script_finished":
            break
    return drawn


def _put(address: str, path: str, clip: bytes) -> None:
    with urllib.request.urlopen(f"{address}/_stcore/health", timeout=30) as answer:
        cookie = answer.headers["Set-Cookie"].split(";")[0]
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="clip.wav"\r\n\r\n'
    headers = {
        "Content-Type": f"multipart/form-data; boundary={edge}",
        "Cookie": cookie,
        "X-Xsrftoken": cookie.split("=", 1)[1],
    }
    body = head.encode() + clip + f"\r\n--{edge}--\r\n".encode()
    urllib.request.urlopen(urllib.request.Request(address + path, body, headers, method="PUT"), timeout=30).close()


def main(address: str, clip: str) -> None:
    """One visit."""
    with ExitStack() as stack:
        open_visits(address, Path(clip).read_bytes(), 1, stack)
    print("the page answered")


if __name__ == "__main__":
    main(*sys.argv[1:])
