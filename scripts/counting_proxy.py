"""Counts AWS calls by name between a client and the emulator, the same way for every tool.

A client whose AWS_ENDPOINT_URL is this proxy's is counted, whatever language it is written in; retries count, as AWS
would see them. Requests go on unchanged, Host included, so that signatures stay valid.
"""

import re
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

# Where a request is signed for a service by another name than its SDK goes by.
SERVICES = {
    "iam": "IAM", "sts": "STS", "s3": "S3", "kms": "KMS", "sns": "SNS", "sqs": "SQS", "dynamodb": "DynamoDB",
    "secretsmanager": "SecretsManager", "events": "EventBridge", "logs": "CloudWatchLogs", "lambda": "Lambda",
}  # fmt: skip
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}


def name_of(method: str, path: str, headers: Message, body: bytes) -> str:
    """The call as the SDKs name it: IAM.GetUser. A REST call other than PutObject and GetObject by method and depth."""
    scope = re.search(r"Credential=[^/,]+/\d+/[^/]+/([^/]+)/aws4_request", headers.get("Authorization", ""))
    signed_for = scope.group(1) if scope else "unsigned"
    service = SERVICES.get(signed_for, signed_for)
    if target := headers.get("X-Amz-Target"):
        # CloudTrail signs in lower case and names itself in the target.
        service = "CloudTrail" if signed_for == "cloudtrail" else service
        return f"{service}.{target.rpartition('.')[2]}"
    if found := re.fullmatch(r"/service/[^/]+/operation/(\w+)", path):
        return f"{service}.{found.group(1)}"
    if action := urllib.parse.parse_qs(body.decode("latin-1")).get("Action"):
        return f"{service}.{action[0]}"
    route = urllib.parse.urlsplit(path)
    if signed_for == "s3" and not route.query.startswith("x-id=") and route.query:
        return f"S3.{method} ?{route.query.partition('=')[0]}"
    if signed_for == "s3" and route.path.strip("/").count("/") >= 1:
        return f"S3.{method.title()}Object"
    return f"{service}.{method} {'/'.join('*' for part in route.path.split('/') if part) or '/'}"


class CountingProxy(ThreadingHTTPServer):
    """Listens on a free port of this machine for as long as its context lasts."""

    daemon_threads = True

    def __init__(self, upstream: str, latency_ms: float = 0, host: str = "127.0.0.1") -> None:
        """With a latency each call takes that much longer, as AWS is further away than an emulator."""
        super().__init__((host, 0), Relay)
        self.endpoint = f"http://{host}:{self.server_address[1]}"
        self.upstream = urllib3.connection_from_url(upstream, maxsize=32, timeout=70)
        self.latency = latency_ms / 1000
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        super().__exit__(*error)

    def take(self) -> Counter[str]:
        """The calls since the last `take`, by name."""
        with self._lock:
            taken, self._calls = self._calls, Counter()
        return taken

    def count(self, name: str) -> None:
        with self._lock:
            self._calls[name] += 1


class Relay(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"  # Clients keep their connections, as they do with AWS.
    disable_nagle_algorithm = True
    server: CountingProxy

    def relay(self) -> None:
        body = self._body()
        self.server.count(name_of(self.command, self.path, self.headers, body))
        time.sleep(self.server.latency)
        answer = self.server.upstream.urlopen(
            self.command, self.path, body, passed_on(self.headers.items(), "expect"),
            retries=False, redirect=False, assert_same_host=False, decode_content=False,
        )  # fmt: skip
        self.send_response_only(answer.status, answer.reason)
        for name, value in passed_on(answer.headers.items()).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.data)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass
        return b"".join(parts)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the counts are what is asked for."""

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = relay


def passed_on(headers: Iterable[tuple[str, str]], *but: str) -> dict[str, str]:
    """The headers that are for the other end, without the length, which is given anew."""
    return {name: value for name, value in headers if name.lower() not in HOP_BY_HOP | {"content-length", *but}}
