"""Fetch files over HTTPS: many at a time, going on where an earlier run was cut off, and each checked before it counts.

A file has its final name only once it is whole; until then it is ``<name>.part``, beside ``<name>.part.etag`` with the
version it is a part of. Certificates are always verified (SSL_CERT_FILE names further authorities).
"""

import hashlib
import re
import ssl
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ATTEMPTS = 4
THREADS = 20
TIMEOUT = httpx.Timeout(30, connect=15)  # seconds without a byte
PAUSE = 1.0  # seconds before the second attempt, twice as long before each further one
PASSING = {429, 500, 502, 503, 504}
_MD5 = re.compile(r'^"([0-9a-f]{32})"$')
INSTEAD = (
    "name a folder that holds animals.tar with --data, or leave the download out: the lab then draws its own pictures"
)


class FetchError(Exception):
    """A file cannot be fetched or is not what it should be; the text names the host and what to do."""


class _TryAgainError(Exception):
    """Something that may pass; the text says what."""


def accept_anything(_: Path) -> str:
    """Nothing is wrong with any file."""
    return ""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A file: where it is, where it goes, and what makes it whole.

    ``md5`` is published by its owner; where there is none, the checksum that the server sends is compared. ``check``
    says what is wrong with the content, or nothing.
    """

    url: str
    target: Path
    md5: str = ""
    check: Callable[[Path], str] = accept_anything

    @property
    def host(self) -> str:
        """That errors name."""
        return httpx.URL(self.url).host


@dataclass
class Progress:
    """How far a group of files is: a bar where somebody watches, else a line at the beginning and the end."""

    words: str
    total: int
    done: int = 0
    watched: bool = field(default_factory=sys.stderr.isatty)

    def begin(self) -> None:
        """Before the first."""
        self._show() if self.watched else print(f"{self.words}: fetching", file=sys.stderr)

    def advance(self, by: int) -> None:
        """So much more is there."""
        self.reach(self.done + by, self.total)

    def reach(self, done: int, total: int) -> None:
        """So much of so much is there."""
        self.done, self.total = done, total
        if self.watched:
            self._show()

    def end(self) -> None:
        """After the last, or an error."""
        said = "" if self.watched else f"{self.words}: {self.done:,} of {self.total:,}"
        print(said, file=sys.stderr)

    def _show(self) -> None:
        share = min(self.done / self.total, 1) if self.total else 0
        bar = "█" * round(share * 30)
        print(f"\r{self.words} {bar:░<30} {self.done:,} of {self.total:,}", end="", file=sys.stderr, flush=True)


@contextmanager
def client_for(base: Sequence[str]) -> Iterator[httpx.Client]:
    """A client that verifies certificates; anything but HTTPS is refused before it is asked, redirections included."""
    for url in base:
        _only_https(httpx.URL(url))
    hooks = {"request": [lambda request: _only_https(request.url)]}
    limits = httpx.Limits(max_connections=THREADS, max_keepalive_connections=THREADS)
    with httpx.Client(timeout=TIMEOUT, limits=limits, follow_redirects=True, event_hooks=hooks) as client:
        yield client


def _only_https(url: httpx.URL) -> None:
    if url.scheme != "https":
        raise FetchError(f"{url} is not an https address; nothing is fetched without a verified certificate")


def fetch_all(client: httpx.Client, files: Sequence[Wanted], words: str) -> None:
    """Fetch what is not there yet, several at a time; the first error ends it, and what is whole stays."""
    missing = [file for file in files if not file.target.exists()]
    progress = Progress(words, len(files), len(files) - len(missing))
    progress.begin()
    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(fetch, client, file) for file in missing]
        try:
            for future in as_completed(futures):
                future.result()
                progress.advance(1)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            progress.end()


def fetch(client: httpx.Client, file: Wanted, progress: Progress | None = None) -> None:
    """Bring one file to its target; raises :class:`FetchError`. ``progress`` is told of bytes."""
    file.target.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(ATTEMPTS):
        try:
            _fetch_once(client, file, progress)
        except (_TryAgainError, httpx.TransportError) as error:
            if _is_certificate(error):
                raise FetchError(
                    f"the certificate of {file.host} is not trusted ({error}), so nothing was taken from it: "
                    f"behind a proxy of your own, name its authority in SSL_CERT_FILE; else {INSTEAD}"
                ) from error
            if attempt == ATTEMPTS - 1:
                raise FetchError(f"{file.url}: {_reason(error, file)}; try again later, or {INSTEAD}") from error
            time.sleep(PAUSE * 2**attempt)
        else:
            return


def _fetch_once(client: httpx.Client, file: Wanted, progress: Progress | None) -> None:
    part, version = _beside(file.target, ".part"), _beside(file.target, ".part.etag")
    have = part.stat().st_size if part.exists() and version.exists() else 0
    headers = {"Range": f"bytes={have}-", "If-Range": version.read_text(encoding="utf-8")} if have else {}
    with client.stream("GET", file.url, headers={"Accept-Encoding": "identity", **headers}) as answer:
        _refuse(answer, file, part)
        goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT
        if etag := answer.headers.get("ETag", ""):
            version.write_text(etag, encoding="utf-8")
        else:
            version.unlink(missing_ok=True)
        there = have if goes_on else 0
        expected = int(answer.headers.get("Content-Length", "0")) + there
        with part.open("ab" if goes_on else "wb") as stream:
            for chunk in answer.iter_raw():
                stream.write(chunk)
                there += len(chunk)
                if progress:
                    progress.reach(there, expected)
    if "Content-Length" in answer.headers and there != expected:
        raise _TryAgainError(f"{there:,} of {expected:,} bytes came")
    _verify(file, part, etag)
    version.unlink(missing_ok=True)
    part.replace(file.target)


def _refuse(answer: httpx.Response, file: Wanted, part: Path) -> None:
    """Raise where the answer is no content."""
    if answer.status_code in PASSING:
        raise _TryAgainError(f"{file.host} answered {answer.status_code}")
    if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        part.unlink()
        raise _TryAgainError("the part that was there does not fit")
    if answer.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        raise FetchError(f"{file.url}: {file.host} answered {answer.status_code}; {INSTEAD}")


def _verify(file: Wanted, part: Path, etag: str) -> None:
    """Raise where the content is not what it should be; it is thrown away, since going on from it would not mend it."""
    digest = md5_of(part)
    sent = _MD5.match(etag)  # what S3 calls an object's version is the MD5 of an object that came in one piece
    expected = file.md5 or (sent[1] if sent else "")
    wrong = f"its MD5 is {digest} and not {expected}" if expected and digest != expected else file.check(part)
    if wrong:
        part.unlink()
        raise _TryAgainError(wrong)


def md5_of(path: Path) -> str:
    """The checksum that data sets publish; against accidents, the connection is what guards against malice."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _is_certificate(error: BaseException) -> bool:
    """Whether a certificate is behind an error; httpx and its transport wrap it twice."""
    chain: BaseException | None = error
    while chain:
        if isinstance(chain, ssl.SSLCertVerificationError):
            return True
        chain = chain.__cause__ or chain.__context__
    return False


def _reason(error: Exception, file: Wanted) -> str:
    if isinstance(error, httpx.TransportError):
        return f"{file.host} cannot be reached ({error or type(error).__name__}): is this machine offline"
    return str(error)
