"""The download of the real pictures, against a local HTTPS server that has a small COCO and a small CIFAR-10."""

import datetime
import hashlib
import io
import itertools
import json
import ssl
import sys
import tarfile
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.labs import animals

download, fetching, archive = animals.modules("download", "fetching", "archive")
PER_CLASS = 12  # two more than are prepared: some pictures come twice
ANNOTATIONS, CIFAR = "/annotations/annotations_trainval2017.zip", "/cifar-10-python.tar.gz"


@dataclass
class Site:
    """What the server has by path, how it misbehaves, and what it was asked."""

    files: dict[str, bytes]
    cut: Counter[str] = field(default_factory=Counter)  # how often a path's answer ends in the middle
    busy: Counter[str] = field(default_factory=Counter)  # how often it is 503
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)  # path and range
    meeting: threading.Barrier | None = None  # where the first requests for pictures wait for each other
    order: Iterator[int] = field(default_factory=itertools.count)
    url: str = ""

    def etag(self, path: str) -> str:
        """As S3 gives it."""
        return f'"{hashlib.md5(self.files[path], usedforsecurity=False).hexdigest()}"'


def handler_of(site: Site) -> type[BaseHTTPRequestHandler]:
    """Serves a site, ranges included."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Answer, or misbehave."""
            wanted = self.headers.get("Range", "")
            site.asked.append((self.path, wanted))
            if self.path in site.moved:
                self.send_response(302)
                self.send_header("Location", site.moved[self.path])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if self.path not in site.files or site.busy[self.path] > 0:
                site.busy[self.path] -= 1
                self.send_response(404 if self.path not in site.files else 503)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if site.meeting and self.path.startswith("/train2017/") and next(site.order) < site.meeting.parties:
                site.meeting.wait()
            content, same = site.files[self.path], self.headers.get("If-Range") == site.etag(self.path)
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and same else 0
            self.send_response(206 if start else 200)
            self.send_header("ETag", site.etag(self.path))
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if site.cut[self.path] > 0:
                site.cut[self.path] -= 1
                self.wfile.write(content[start : (start + len(content)) // 2])
                self.close_connection = True
                return
            self.wfile.write(content[start:])

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    return Handler


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that only its own file vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A miniature set's files."""
    return animals.files_of(
        animals.generate(tmp_path_factory.mktemp("drawn") / "animals.tar", "--per-class", str(PER_CLASS + 4))
    )


@pytest.fixture
def site(drawn: dict[str, bytes], certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The two data sets behind HTTPS, trusted; attempts do not wait for each other."""
    files = {f"/train2017/{Path(name).name}": body for name, body in drawn.items() if name.startswith("coco/images/")}
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as whole:
        whole.writestr("annotations/instances_train2017.json", drawn[archive.ANNOTATIONS])
    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w:gz") as tar:
        member = tarfile.TarInfo(archive.BATCH)
        member.size = len(drawn[archive.BATCH])
        tar.addfile(member, io.BytesIO(drawn[archive.BATCH]))
    served = Site({**files, ANNOTATIONS: zipped.getvalue(), CIFAR: tarred.getvalue()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(served))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setattr(fetching, "PAUSE", 0)
    served.url = f"https://127.0.0.1:{server.server_address[1]}"
    yield served
    server.shutdown()
    server.server_close()


def md5(content: bytes) -> str:
    """As data sets publish it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def sources(site: Site, drawn: dict[str, bytes], **changes: str) -> Any:  # noqa: ANN401 - of a module without types here
    """Where download.py finds the site's data sets."""
    values = {
        "coco": site.url,
        "cifar": site.url + CIFAR,
        "annotations_md5": md5(site.files[ANNOTATIONS]),
        "cifar_md5": md5(site.files[CIFAR]),
        "batch_md5": md5(drawn[archive.BATCH]),
        **changes,
    }
    return download.Sources(per_class=PER_CLASS, **values)


def fetched(site: Site, out: Path, drawn: dict[str, bytes], **changes: str) -> None:
    """Download from the site."""
    download.download(out, sources(site, drawn, **changes))


def test_a_download_packs_what_prepare_reads(
    site: Site, drawn: dict[str, bytes], animals_lab: animals.Animals, tmp_path: Path
) -> None:
    out = tmp_path / "animals.tar"
    fetched(site, out, drawn)
    assert [path.name for path in tmp_path.iterdir()] == ["animals.tar"]
    files = animals.files_of(out)
    document = json.loads(files[archive.ANNOTATIONS])
    pictures = {picture["file_name"] for picture in document["images"]}
    assert {f"coco/images/{name}" for name in pictures} == {name for name in files if name.startswith("coco/images")}
    assert all(files[name] == drawn[name] for name in files if name.startswith("coco/images"))
    assert 10 * PER_CLASS <= len(pictures) < 10 * (PER_CLASS + 4)
    assert not any("segmentation" in mark for mark in document["annotations"])
    said = animals_lab.prepare(out, tmp_path / "work", PER_CLASS="10")
    assert "several kinds of animal" in said
    assert Counter(line.split()[1] for line in said.splitlines()[1:12]) == {"8": 11}


def test_a_second_run_fetches_nothing(site: Site, drawn: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "animals.tar"
    fetched(site, out, drawn)
    first = out.read_bytes()
    site.asked.clear()
    fetched(site, out, drawn)
    assert not site.asked
    assert out.read_bytes() == first


def test_a_drawn_archive_of_the_same_name_is_replaced(site: Site, drawn: dict[str, bytes], tmp_path: Path) -> None:
    out = animals.packed(drawn, tmp_path / "animals.tar")
    fetched(site, out, drawn)
    assert download.SOURCES in animals.files_of(out)


def test_a_cut_connection_goes_on_where_it_stopped(site: Site, drawn: dict[str, bytes], tmp_path: Path) -> None:
    site.cut[ANNOTATIONS] = 2
    fetched(site, tmp_path / "animals.tar", drawn)
    starts = [
        int(asked.removeprefix("bytes=").rstrip("-")) for path, asked in site.asked if path == ANNOTATIONS and asked
    ]
    assert len(starts) == 2
    assert 0 < starts[0] < starts[1] < len(site.files[ANNOTATIONS])


def test_a_run_that_failed_keeps_what_is_whole(site: Site, drawn: dict[str, bytes], tmp_path: Path) -> None:
    missing = next(path for path in site.files if path.startswith("/train2017/"))
    every = {**site.files}
    for path in [path for path in site.files if path.startswith("/train2017/")][::2]:
        del site.files[path]
    out = tmp_path / "animals.tar"
    with pytest.raises(
        fetching.FetchError, match=r"/train2017/\d+\.jpg: 127\.0\.0\.1 answered 404; name a folder .* --data"
    ):
        fetched(site, out, drawn)
    assert missing
    assert not out.exists()
    kept = {path.name for path in (tmp_path / "animals.tar.parts").rglob("*") if path.is_file()}
    assert {"annotations.zip", "cifar.tar.gz"} <= kept
    site.files |= every
    site.asked.clear()
    fetched(site, out, drawn)
    again = {Path(path).name for path, _ in site.asked}
    assert not again & kept
    assert ANNOTATIONS not in {path for path, _ in site.asked}


def test_a_busy_server_is_asked_again(site: Site, drawn: dict[str, bytes], tmp_path: Path) -> None:
    site.busy[CIFAR] = fetching.ATTEMPTS - 1
    fetched(site, tmp_path / "animals.tar", drawn)
    assert sum(path == CIFAR for path, _ in site.asked) == fetching.ATTEMPTS


@pytest.mark.parametrize("changed", ["annotations_md5", "cifar_md5"])
def test_an_archive_with_another_checksum_is_refused(
    site: Site, drawn: dict[str, bytes], tmp_path: Path, changed: str
) -> None:
    with pytest.raises(fetching.FetchError, match=f"its MD5 is [0-9a-f]{{32}} and not {'0' * 32}"):
        fetched(site, tmp_path / "animals.tar", drawn, **{changed: "0" * 32})
    assert not (tmp_path / "animals.tar").exists()


def test_a_changed_batch_is_refused_without_being_unpickled(
    site: Site, drawn: dict[str, bytes], tmp_path: Path
) -> None:
    with pytest.raises(archive.DataError, match=r"its MD5 is .* and not the published 0000"):
        fetched(site, tmp_path / "animals.tar", drawn, batch_md5="0" * 32)
    assert not (tmp_path / "animals.tar").exists()


def test_a_picture_that_is_none_is_refused(site: Site, drawn: dict[str, bytes], tmp_path: Path) -> None:
    for path in site.files:
        if path.startswith("/train2017/"):
            site.files[path] = site.files[path][:400]
    with pytest.raises(fetching.FetchError, match="it is no whole picture"):
        fetched(site, tmp_path / "animals.tar", drawn)


def test_a_picture_that_is_not_what_the_server_vouched_for_is_refused(
    site: Site, drawn: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Site, "etag", lambda self, path: f'"{"0" * 32}"' if "train2017/" in path else '"-1"')
    with pytest.raises(fetching.FetchError, match=f"and not {'0' * 32}"):
        fetched(site, tmp_path / "animals.tar", drawn)


def test_a_certificate_that_nobody_vouches_for_is_refused(
    site: Site, drawn: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(fetching.FetchError, match=r"the certificate of 127\.0\.0\.1 is not trusted .* SSL_CERT_FILE"):
        fetched(site, tmp_path / "animals.tar", drawn)
    assert not site.asked
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_certificate_for_another_name_is_refused(site: Site, drawn: dict[str, bytes], tmp_path: Path) -> None:
    other = site.url.replace("127.0.0.1", "localhost")
    with pytest.raises(fetching.FetchError, match="the certificate of localhost is not trusted"):
        fetched(site, tmp_path / "animals.tar", drawn, coco=other)
    assert not site.asked


def test_nothing_is_fetched_without_a_certificate(site: Site, drawn: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(fetching.FetchError, match="is not an https address"):
        fetched(site, tmp_path / "animals.tar", drawn, coco=site.url.replace("https", "http"))


def test_a_redirection_is_followed_to_https_alone(site: Site, drawn: dict[str, bytes], tmp_path: Path) -> None:
    site.moved["/elsewhere.tar.gz"] = site.url + CIFAR
    fetched(site, tmp_path / "animals.tar", drawn, cifar=site.url + "/elsewhere.tar.gz")
    site.moved["/elsewhere.tar.gz"] = site.url.replace("https", "http") + CIFAR
    with pytest.raises(fetching.FetchError, match="is not an https address"):
        fetched(site, tmp_path / "other.tar", drawn, cifar=site.url + "/elsewhere.tar.gz")


def test_the_real_sites_are_asked_over_https_alone() -> None:
    real = download.Sources()
    assert real.coco.startswith("https://")
    assert real.cifar.startswith("https://")


def test_offline_it_names_the_host_and_what_to_do(
    site: Site,
    drawn: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    gone = download.Sources(coco="https://coco.invalid")
    monkeypatch.setattr(download, "Sources", lambda **_: gone)
    monkeypatch.setattr(download.Sources, "per_class", 5, raising=False)
    monkeypatch.setattr(sys, "argv", ["download.py", str(tmp_path / "animals.tar")])
    with pytest.raises(SystemExit) as ended:
        download.main()
    said = str(ended.value)
    assert "coco.invalid cannot be reached" in said
    assert "--data" in said
    assert "draws its own pictures" in said
    assert not (tmp_path / "animals.tar").exists()


@pytest.mark.parametrize("total", [0, 4])
def test_a_bar_begins_empty(capsys: pytest.CaptureFixture[str], total: int) -> None:
    fetching.Progress("pictures", total, watched=True).begin()
    assert capsys.readouterr().err == f"\rpictures {'░' * 30} 0 of {total}"


def test_pictures_are_fetched_many_at_a_time(site: Site, drawn: dict[str, bytes], tmp_path: Path) -> None:
    site.meeting = threading.Barrier(fetching.THREADS, timeout=20)
    fetched(site, tmp_path / "animals.tar", drawn)
    assert not site.meeting.broken  # so many requests stood open at once
    assert next(site.order) > fetching.THREADS


@pytest.mark.parametrize("watched", [True, False])
def test_a_bar_is_drawn_only_where_somebody_watches(capsys: pytest.CaptureFixture[str], *, watched: bool) -> None:
    progress = fetching.Progress("pictures", 4, watched=watched)
    progress.begin()
    for _ in range(4):
        progress.advance(1)
    progress.end()
    said = capsys.readouterr().err
    assert ("\r" in said) is watched
    assert "4 of 4" in said
