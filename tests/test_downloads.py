"""Downloads, against a server on this machine: good ones are kept, broken ones never, and errors say what to do."""

import gzip
import hashlib
import http.server
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from gdcourse import datasets
from gdcourse.datasets import download
from gdcourse.datasets.images import parse_idx

RNG = np.random.default_rng(0)
PIXELS = {"train": RNG.integers(0, 256, (30, 28, 28), np.uint8), "t10k": RNG.integers(0, 256, (20, 28, 28), np.uint8)}
LABELS = {"train": RNG.integers(0, 10, 30, np.uint8), "t10k": RNG.integers(0, 10, 20, np.uint8)}
TRAIN = download.NAMES[0]
TROUBLES = ("missing", "wrong", "short", "truncated", "dies", "stalls")


def idx(array):
    """Return an array of unsigned bytes as an idx file, written independently of the reader."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def packed(array):
    return gzip.compress(idx(array), mtime=0)


FILES = dict(
    zip(download.NAMES, map(packed, [PIXELS["train"], LABELS["train"], PIXELS["t10k"], LABELS["t10k"]]), strict=True)
)


class Handler(http.server.BaseHTTPRequestHandler):
    """Serve FILES under /good/, and every kind of trouble under a folder of its own."""

    def do_GET(self):
        self.server.asked.append(self.path)
        _, folder, name = self.path.split("/")
        body = FILES[name]
        if folder == "missing":
            return self.send_error(404)
        if folder == "wrong":
            body = body[:-1] + bytes([body[-1] ^ 1])
        self.send_response(200)
        if folder != "short":  # without a length, the reader cannot know that the end is missing
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if folder == "stalls":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.server.stalled.set()
            self.server.release.wait(30)
            return None
        if folder == "dies":  # a reset, not an orderly end
            self.wfile.write(body[: len(body) // 2])
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return None
        self.wfile.write(body[: len(body) // 2] if folder in ("short", "truncated") else body)
        return None

    def finish(self):
        if self.connection.fileno() >= 0:
            super().finish()

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.stalled, server.release = [], threading.Event(), threading.Event()
    server.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,)).start()
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def mirrors(server, monkeypatch, tmp_path):
    """Let MNIST come from the named folders of the server, into tmp_path."""
    monkeypatch.setenv("GDCOURSE_DATA", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "TIMEOUT", (5, 0.5))

    def choose(*folders, name="mnist", files=FILES):
        addresses = tuple(f"{server.address}/{folder}/" for folder in folders)
        hashes = {file: hashlib.sha256(body).hexdigest() for file, body in files.items()}
        monkeypatch.setitem(download.SOURCES, name, download.Source(addresses, hashes))

    return choose


def kept(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_download_is_kept_and_the_second_call_needs_no_network(mirrors, server, tmp_path):
    mirrors("good")
    data = datasets.mnist()
    np.testing.assert_array_equal(data.X, PIXELS["train"].reshape(30, 784) / 255)
    np.testing.assert_array_equal(data.y, LABELS["train"])
    assert data.X.dtype == float and data.y.dtype == int and len(data.features) == 784
    assert kept(tmp_path) == sorted(download.NAMES[:2]) and (tmp_path / "mnist" / TRAIN).read_bytes() == FILES[TRAIN]
    assert server.asked == [f"/good/{name}" for name in download.NAMES[:2]]
    again = datasets.mnist()
    np.testing.assert_array_equal(again.X, data.X)
    assert len(server.asked) == 2


def test_the_test_part_first_rows_images_and_type(mirrors):
    mirrors("good")
    data = datasets.mnist("test", n=7, images=True, dtype="float32")
    assert data.X.shape == (7, 1, 28, 28) and data.X.dtype == np.float32 and data.y.shape == (7,)
    np.testing.assert_array_equal(data.X[:, 0], PIXELS["t10k"][:7] / np.float32(255))


def test_data_sets_whose_files_have_equal_names_do_not_mix(mirrors, tmp_path):
    mirrors("good")
    mirrors("good", name="fashion_mnist")
    datasets.mnist()
    assert datasets.fashion_mnist().X.shape == (30, 784) and len(datasets.FASHION) == 10
    assert (tmp_path / "mnist" / TRAIN).exists() and (tmp_path / "fashion_mnist" / TRAIN).exists()


@pytest.mark.parametrize("trouble", TROUBLES)
def test_after_trouble_the_next_mirror_is_asked(mirrors, server, tmp_path, trouble):
    mirrors(trouble, "good")
    assert datasets.mnist().X.shape == (30, 784)
    assert server.asked[:2] == [f"/{trouble}/{TRAIN}", f"/good/{TRAIN}"]
    assert kept(tmp_path) == sorted(download.NAMES[:2])


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_everywhere_leaves_nothing_and_says_what_to_do(mirrors, server, tmp_path, trouble):
    mirrors(trouble, trouble)
    with pytest.raises(ConnectionError) as caught:
        datasets.mnist()
    assert kept(tmp_path) == [] and len(server.asked) == 2
    said = str(caught.value)
    assert f"no mirror gave {TRAIN}" in said and said.count(f"{server.address}/{trouble}/: ") == 2
    assert str(tmp_path / "mnist") in said and "GDCOURSE_DATA" in said and "datasets.digits()" in said
    for name in download.NAMES[:2]:
        assert f"{name}  sha256 {hashlib.sha256(FILES[name]).hexdigest()}" in said


def test_without_a_network_files_put_there_by_hand_are_used(mirrors, server, monkeypatch, tmp_path):
    mirrors("good")
    with socket.socket() as probe:  # a port that nothing listens on
        probe.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    source = download.SOURCES["mnist"]._replace(mirrors=(nowhere, nowhere + "again/"))
    monkeypatch.setitem(download.SOURCES, "mnist", source)
    with pytest.raises(ConnectionError, match="refused"):
        datasets.mnist()
    for name in download.NAMES[:2]:
        (tmp_path / "mnist" / name).write_bytes(FILES[name])
    assert datasets.mnist().X.shape == (30, 784) and server.asked == []


def test_a_damaged_file_is_fetched_again(mirrors, server, tmp_path):
    mirrors("good")
    datasets.mnist()
    path = tmp_path / "mnist" / TRAIN
    path.write_bytes(FILES[TRAIN][:100])
    assert datasets.mnist().X.shape == (30, 784) and path.read_bytes() == FILES[TRAIN]
    assert server.asked[2:] == [f"/good/{TRAIN}"]


def test_a_damaged_file_that_cannot_be_fetched_again_is_named(mirrors, tmp_path):
    mirrors("missing")
    path = tmp_path / "mnist" / TRAIN
    path.parent.mkdir()
    path.write_bytes(b"not it")
    with pytest.raises(ConnectionError, match=re.escape(f"{path}, but its sha256 is")):
        datasets.mnist()


def test_a_keyboard_interrupt_leaves_nothing(mirrors, monkeypatch, tmp_path):
    def interrupt(self, *args):
        raise KeyboardInterrupt

    mirrors("good")
    with monkeypatch.context() as patch:
        patch.setattr("tqdm.std.tqdm.update", interrupt)
        with pytest.raises(KeyboardInterrupt):
            datasets.mnist()
    assert kept(tmp_path) == []
    assert datasets.mnist().X.shape == (30, 784)


def test_a_kernel_killed_in_mid_transfer_leaves_no_file_that_passes_for_whole(mirrors, server, tmp_path):
    mirrors("stalls")
    hashes = download.SOURCES["mnist"].files
    code = (
        "from gdcourse import datasets; from gdcourse.datasets import download;"
        f"download.SOURCES['mnist'] = download.Source(('{server.address}/stalls/',), {hashes});"
        "datasets.mnist()"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    assert server.stalled.wait(60)
    while not any(path.stat().st_size for path in (tmp_path / "mnist").iterdir()):
        time.sleep(0.02)  # the first half is on disk
    os.kill(child.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    child.wait()
    assert not (tmp_path / "mnist" / TRAIN).exists()
    mirrors("good")
    assert datasets.mnist().X.shape == (30, 784)


def test_the_download_shows_its_progress(mirrors, capsys):
    mirrors("good")
    datasets.mnist()
    assert "100%" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_explained(mirrors, monkeypatch, tmp_path):
    mirrors("good")
    (tmp_path / "taken").write_text("a file, not a folder")
    monkeypatch.setenv("GDCOURSE_DATA", str(tmp_path / "taken"))
    with pytest.raises(OSError) as caught:
        datasets.mnist()
    assert "GDCOURSE_DATA names another folder" in caught.value.__notes__[0]


def test_where_files_are_kept(monkeypatch, tmp_path):
    import pooch

    monkeypatch.setenv("GDCOURSE_DATA", "~/here")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert download.folder("mnist") == (tmp_path / "here" / "mnist").resolve()
    monkeypatch.delenv("GDCOURSE_DATA")
    assert download.folder("mnist").parent == pooch.os_cache("gdcourse").resolve()


def test_the_published_sources_are_well_formed():
    for source in download.SOURCES.values():
        assert len(source.mirrors) >= 2 and all(re.fullmatch(r"https?://\S+/", m) for m in source.mirrors)
        assert tuple(source.files) == download.NAMES
        assert all(re.fullmatch("[0-9a-f]{64}", known) for known in source.files.values())
    assert len({known for source in download.SOURCES.values() for known in source.files.values()}) == 8


@pytest.mark.parametrize("code, kind", [(8, "u1"), (9, "i1"), (11, "i2"), (12, "i4"), (13, "f4"), (14, "f8")])
def test_every_type_of_idx_file_is_read_in_native_order(code, kind, tmp_path):
    values = (np.arange(24).reshape(2, 3, 4) * 5).astype(kind)
    data = struct.pack(">HBB3I", 0, code, 3, 2, 3, 4) + values.astype(values.dtype.newbyteorder(">")).tobytes()
    for name, body in (("plain", data), ("packed.gz", gzip.compress(data))):
        (tmp_path / name).write_bytes(body)
        read = datasets.read_idx(tmp_path / name)
        np.testing.assert_array_equal(read, values)
        assert read.dtype == values.dtype and read.dtype.isnative and read.flags.writeable


GOOD = idx(np.arange(6, dtype=np.uint8).reshape(2, 3))


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", r"expected a magic number 0 0 type dimensions, got \[\]"),
        (b"<html>Not Found</html>", r"magic number 0 0 type dimensions, got \[60, 104, 116, 109\]"),
        (b"\0\0\x07\1" + GOOD[4:], r"magic number 0 0 type dimensions, got \[0, 0, 7, 1\]"),
        (GOOD[:9], "expected 2 dimensions of 4 bytes after the magic number, got 5 bytes"),
        (GOOD[:-1], r"expected 6 bytes of data for the shape \(2, 3\), got 5"),
        (GOOD + b"!", r"expected 6 bytes of data for the shape \(2, 3\), got 7"),
        (gzip.compress(GOOD, mtime=0)[:-9], "is not a whole idx file"),
        (b"\x1f\x8b" + GOOD, "is not a whole idx file"),
        (gzip.compress(GOOD, mtime=0)[:10] + b"\xff" * 20, "is not a whole idx file"),
    ],
)
def test_a_broken_idx_file_is_named_with_what_is_wrong(data, message, tmp_path):
    path = tmp_path / "broken"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message) as caught:
        datasets.read_idx(path)
    assert str(path) in str(caught.value) and "fetch it again" in str(caught.value)


def test_idx_dimensions_are_read_high_byte_first():
    assert parse_idx(b"\0\0\x08\x01\0\0\x01\x00" + bytes(256)).shape == (256,)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"split": "validation"}, r"split to be one of \['test', 'train'\], got 'validation'"),
        ({"n": 31}, "whole number of rows, at most 30, got 31"),
        ({"n": 1.5}, "whole number of rows, at most 30, got 1.5"),
        ({"n": 0}, "n to be a finite number of at least 1, got 0"),
    ],
)
def test_bad_arguments_are_refused(mirrors, arguments, message):
    mirrors("good")
    with pytest.raises(ValueError, match=message):
        datasets.mnist(**arguments)


def test_images_and_labels_that_do_not_belong_together_are_refused(mirrors, monkeypatch):
    monkeypatch.setitem(FILES, download.NAMES[1], packed(LABELS["t10k"]))
    mirrors("good")
    with pytest.raises(
        ValueError, match=r"expected images \(n, h, w\) and labels \(n,\), got \(30, 28, 28\) and \(20,\)"
    ):
        datasets.mnist()
