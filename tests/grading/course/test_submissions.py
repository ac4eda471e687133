"""What is read of a submission: whose fault is what cannot be."""

import random
from datetime import datetime

import pytest

from gdcourse.grading.course import submissions
from gdcourse.grading.limits import DEPTH, PATH_BYTES

TIMES = {
    "2026-02-01 10:00:00": datetime(2026, 2, 1, 10),
    "2026-02-01 10:00:00.000000 UTC": datetime(2026, 2, 1, 10),
    "2026-02-01T10:00:00+01:00": datetime(2026, 2, 1, 9),
    "2026-02-01 10:00 -0500": datetime(2026, 2, 1, 15),
    "2026-02-01 10:00 Europe/Berlin": datetime(2026, 2, 1, 9),
    "Feb 1, 2026 10:00": datetime(2026, 2, 1, 10),
}
NO_TIMES = ["10:00", "Monday", "Feb 1", "2026", "10:00 UTC", "0001-01-01 00:00:00 UTC", "1969-12-31", "9999-12-31"]
NO_TIMES += ["2100-01-01 00:00:00 UTC", "2026-02-01 10:00 ../../etc/passwd", "2026-02-01 10:00 /dev/zero", "9" * 99]
NO_TIMES += ["9999-12-31 23:59:59 -2300", "0001-01-01 00:00:00 +2300", "2026-02-01 10:00 " + "9" * 80, "nan", "\0", "("]


@pytest.mark.parametrize("text", TIMES)
def test_a_time_with_a_date(text):
    assert submissions.moment(text) == TIMES[text]


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_has_no_date_or_one_far_from_any_term_is_no_time(text):
    with pytest.raises(ValueError, match="expected a time"):
        submissions.moment(text)


def test_any_text_is_a_time_or_none():
    rng = random.Random(0)
    words = [
        "2026",
        "-",
        "01",
        "T",
        ":",
        " ",
        "UTC",
        "+",
        "10",
        "Feb",
        "am",
        "\x00",
        "é",
        "/",
        "999999999999",
        "W",
        "e",
    ]
    for _ in range(3000):
        text = "".join(rng.choices(words, k=rng.randrange(1, 12)))
        try:
            found = submissions.moment(text)
        except ValueError:
            continue
        assert 2000 <= found.year < 2100, text


def test_depth_and_length_of_paths_are_limited(tmp_path):
    deep = tmp_path
    for _ in range(DEPTH + 1):
        deep = deep / "d"
        deep.mkdir()
        (deep / "file").touch()
    long = tmp_path
    for _ in range(PATH_BYTES // 201 + 1):
        long = long / ("x" * 200)
    long.mkdir(parents=True)
    (long / "file").touch()
    read = submissions.read_folder(tmp_path)
    assert sorted(len(name) for name in read.files) == [2 * i + len("file") for i in range(1, DEPTH + 1)]
    told = sorted(note.split("' ")[1] for note in read.notes)
    assert told == ["has too long a path: left out", "lies too deep: left out"]
    assert all(len(note) < 200 for note in read.notes)
