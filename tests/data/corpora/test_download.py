"""Downloads from a local server that can fail in every way."""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from syntagma.data.corpora.download import RemoteFile, RetryPolicy, check_digest, download
from syntagma.errors import DownloadError
from syntagma.progress import quietly

pytestmark = pytest.mark.usefixtures("loud")

CONTENT = bytes(range(256)) * 1000
HURRIED = RetryPolicy(attempts=3, timeout_seconds=0.3, first_wait_seconds=0.0)


class Handler(BaseHTTPRequestHandler):
    """Request handler that chooses the response by path; `server.requests` records path and Range header."""

    server: "Server"

    def do_GET(self):
        self.server.requests.append((self.path, self.headers.get("Range")))
        getattr(self, "answer_" + self.path.strip("/").replace("-", "_"))()

    def log_message(self, *args):
        pass

    def send(self, status: int, body: bytes = b"", *, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        if length != -1:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def start(self) -> int:
        return int(re.match(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-"))[1])

    def send_from(self, start: int, stop: int | None = None) -> None:
        """Send the content from `start`, cut off at `stop`, although the header gives the full remaining length."""
        rest = len(CONTENT) - start
        if start:
            content_range = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
            self.send(206, CONTENT[start:stop], length=rest, Content_Range=content_range)
        else:
            self.send(200, CONTENT[:stop], length=rest)

    def answer_good(self):
        self.send(200, CONTENT)

    def answer_without_length(self):
        self.send(200, CONTENT, length=-1)

    def answer_corrupt(self):
        self.send(200, CONTENT[:-1] + b"?")

    def answer_truncated_once(self):
        self.send_from(self.start(), stop=None if self.start() else 100_000)

    def answer_truncated_always(self):
        self.send_from(self.start(), stop=self.start() + 1000)

    def answer_truncated_without_range(self):
        """Break off once, and restart from the beginning instead of resuming."""
        self.send(200, CONTENT[: 100_000 if len(self.server.requests) == 1 else None], length=len(CONTENT))

    def answer_range_refused(self):
        if self.start():
            self.send(416)
        else:
            self.answer_truncated_without_range()

    def answer_other_range(self):
        if self.start():
            self.send(206, CONTENT[1:], Content_Range=f"bytes 1-{len(CONTENT) - 1}/{len(CONTENT)}")
        else:
            self.answer_truncated_without_range()

    def answer_other_size(self):
        self.send(200, CONTENT + b"more")

    def answer_endless(self):
        self.send(200, CONTENT + b"more", length=-1)

    def answer_redirect(self):
        self.send(302, Location="/good")

    def answer_circle(self):
        self.send(302, Location="/circle")

    def answer_missing(self):
        self.send(404)

    def answer_busy_once(self):
        if len(self.server.requests) == 1:
            self.send(503)
        else:
            self.answer_good()

    def answer_busy(self):
        self.send(503)

    def answer_stalled(self):
        """Send a part and then nothing until the test ends."""
        self.send_from(self.start(), stop=self.start() + 50_000)
        self.wfile.flush()
        self.server.over.wait(10)

    def answer_nonsense(self):
        self.wfile.write(b"\x00\x01 this is not HTTP\r\n\r\n")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        self.requests: list[tuple[str, str | None]] = []
        self.over = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request, client_address):
        """Ignore errors, because clients that disconnect are part of these tests."""


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetch(server, tmp_path) -> Callable[..., bytes]:
    def fetch(page: str, retries: RetryPolicy = HURRIED) -> bytes:
        address = f"http://127.0.0.1:{server.server_port}/{page}"
        remote = RemoteFile(address, hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
        with quietly():
            download(remote, tmp_path / "file", manual_path=Path("by/hand.tar.gz"), retries=retries)
        return (tmp_path / "file").read_bytes()

    return fetch


@pytest.mark.parametrize("page", ["good", "without-length", "redirect"])
def test_a_complete_download_leaves_only_the_file(fetch, tmp_path, page):
    assert fetch(page) == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_broken_connection_is_resumed_at_its_end(fetch, server):
    assert fetch("truncated-once") == CONTENT
    assert [range_ for _, range_ in server.requests] == [None, "bytes=100000-"]


def test_a_stalled_connection_is_resumed(fetch, server):
    retries = RetryPolicy(attempts=8, timeout_seconds=0.2, first_wait_seconds=0.0)
    assert fetch("stalled", retries) == CONTENT
    assert server.requests[1] == ("/stalled", "bytes=50000-")


@pytest.mark.parametrize("page", ["truncated-without-range", "range-refused", "other-range"])
def test_without_resume_support_the_download_restarts(fetch, server, page):
    assert fetch(page) == CONTENT
    assert len(server.requests) >= 2


def test_a_busy_server_is_retried(fetch, server):
    assert fetch("busy-once") == CONTENT
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("page", "message", "requests"),
    [
        ("corrupt", "must have the SHA-256 .*; got .*damaged in transit", 1),
        ("truncated-always", "ended after 3,000 of 256,000 bytes", 3),
        ("other-size", "pinned file has 256,000 bytes, but the server offers 256,004", 1),
        ("endless", "sends more than the 256,000 bytes", 1),
        ("missing", "returned 404 Not Found", 1),
        ("busy", "returned 503 Service Unavailable", 3),
        ("circle", "returned 302", None),
        ("nonsense", "the network failed", 3),
    ],
)
def test_a_bad_response_leaves_no_file_and_names_the_remedy(fetch, server, tmp_path, page, message, requests):
    with pytest.raises(DownloadError, match=message) as caught:
        fetch(page)
    assert re.search(r"download the file yourself to by.hand\.tar\.gz \(SHA-256 [0-9a-f]{64}\)", str(caught.value))
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert requests in (None, len(server.requests))


def test_a_repeatedly_wrong_range_is_an_error(server, fetch):
    with pytest.raises(DownloadError, match="resumed at a different position"):
        fetch("other-range", RetryPolicy(attempts=2, timeout_seconds=0.3, first_wait_seconds=0.0))


def test_a_refused_range_at_the_last_attempt_is_an_error(server, fetch):
    with pytest.raises(DownloadError, match="the server cannot resume"):
        fetch("range-refused", RetryPolicy(attempts=2, timeout_seconds=0.3, first_wait_seconds=0.0))


def test_a_silent_server_is_an_error_after_all_attempts(fetch):
    with pytest.raises(DownloadError, match=r"the network failed \(TimeoutError: .*timed out"):
        fetch("stalled", RetryPolicy(attempts=2, timeout_seconds=0.1, first_wait_seconds=0.0))


def test_an_unreachable_server_is_an_error(server, tmp_path):
    server.server_close()
    remote = RemoteFile(f"http://127.0.0.1:{server.server_port}/good", "0" * 64, 1)
    with (
        quietly(),
        pytest.raises(DownloadError, match=r"network failed \(ConnectionRefusedError.*download the file"),
    ):
        download(remote, tmp_path / "file", retries=HURRIED)


def test_an_old_file_survives_a_failed_download(fetch, tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(DownloadError):
        fetch("corrupt")
    assert (tmp_path / "file").read_bytes() == b"old"


def test_the_pauses_double(fetch, monkeypatch):
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    with pytest.raises(DownloadError):
        fetch("busy", RetryPolicy(attempts=4, timeout_seconds=0.3, first_wait_seconds=0.5))
    assert waits == [0.5, 1.0, 2.0]


def test_progress_and_retries_are_shown(server, tmp_path, capsys):
    remote = RemoteFile(
        f"http://127.0.0.1:{server.server_port}/truncated-once", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT)
    )
    download(remote, tmp_path / "file", retries=HURRIED)
    shown = capsys.readouterr().err
    assert "the connection ended after 100,000 of 256,000 bytes; trying again" in shown
    assert "Downloading truncated-once: 256,000 of 256,000" in shown


def test_fetch_saves_the_file_in_a_folder_under_its_name(server, tmp_path):
    remote = RemoteFile(
        f"http://127.0.0.1:{server.server_port}/good", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT)
    )
    with quietly():
        assert remote.fetch(tmp_path, tmp_path / "by-hand") == tmp_path / "good"
    assert remote.origin.startswith("downloaded from http://127.0.0.1")


def test_check_digest_accepts_only_the_pinned_content_and_names_the_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    check_digest(path, hashlib.sha256(CONTENT).hexdigest(), "Fetch it.")
    with pytest.raises(DownloadError, match=r"file: the content must have .* Fetch it\.$"):
        check_digest(path, "0" * 64, "Fetch it.")
