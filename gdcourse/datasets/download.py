"""Fetch files by name: from the first mirror that gives the right bytes, once, into a folder that you can choose.

Every file's sha256 is known beforehand. pooch downloads into a temporary file and moves it into place only when the hash
is right, so an interrupted or wrong download never leaves a broken file behind, and it fetches a damaged file anew.
"""

import os
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple


class Source(NamedTuple):
    """mirrors: addresses of folders, tried in turn.  files: name -> sha256, in hexadecimal, of the compressed file."""

    mirrors: tuple[str, ...]
    files: dict[str, str]


NAMES = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
NAMES += ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")


def _source(mirrors, hashes):
    return Source(mirrors, dict(zip(NAMES, hashes, strict=True)))


SOURCES = {
    "mnist": _source(
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
    "fashion_mnist": _source(
        (
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
}
TIMEOUT = 10, 30  # seconds to connect, seconds without a byte


def folder(name):
    """Return where the files of the data set called name are kept.

    That is under the environment's GDCOURSE_DATA, else under the user's cache as `pooch.os_cache` finds it. Every data set
    has a folder of its own, for the names of their files are the same.
    """
    import pooch

    root = os.environ.get("GDCOURSE_DATA")
    return (Path(root).expanduser() if root else Path(pooch.os_cache("gdcourse"))).resolve() / name


def fetch(name, prefix=""):
    """Return the paths of the files of a data set whose names begin with prefix, downloading what is not there yet."""
    files = {file: known for file, known in SOURCES[name].files.items() if file.startswith(prefix)}
    paths = [folder(name) / file for file in files]
    for path, known in zip(paths, files.values(), strict=True):
        failures = _fetch(path, known, SOURCES[name].mirrors)
        if failures:
            raise ConnectionError(_advice(name, path, failures, files))
    return paths


def _fetch(path, known, mirrors):
    """Put a file at path from the first mirror that has it; return [] or, where none has, the reasons."""
    import pooch
    from requests import RequestException

    # "identity": the bytes as they lie on the server, not as it may pack or unpack them on the way.
    headers, failures = {"Accept-Encoding": "identity"}, []
    load = pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT, headers=headers)
    for mirror in mirrors:
        try:
            pooch.retrieve(mirror + path.name, f"sha256:{known}", path.name, path.parent, downloader=load)
            return []
        except (RequestException, ValueError) as error:  # pooch's error for a wrong hash is a ValueError
            failures.append(f"{mirror}: {_root(error)}")
        except OSError as error:
            error.add_note(f"The files are to be kept in {path.parent}: GDCOURSE_DATA names another folder.")
            raise
    return failures


def _root(error):
    """Return the first error of the chain, "connection refused" and the like, as one short line."""
    while error.__context__ is not None:
        error = error.__context__
    return " ".join(f"{type(error).__name__}: {error}".split())[:160]


def _advice(name, path, failures, files):
    lines = [f"{name}: no mirror gave {path.name}."]
    lines += [f"  {failure}" for failure in failures]
    if path.exists():
        lines += [f"There is a file at {path}, but its sha256 is {sha256(path.read_bytes()).hexdigest()}."]
    lines += ["With a network, try again. Without one, fetch these on another machine, from a mirror above, into"]
    lines += [f"  {path.parent}", *(f"  {file}  sha256 {known}" for file, known in files.items())]
    lines += ["GDCOURSE_DATA names another folder. `datasets.digits()` needs no download."]
    return "\n".join(lines)
