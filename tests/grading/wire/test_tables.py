"""Tables of pandas and sparse arrays come out as they went in, and are built from nothing but arrays."""

import numpy as np
import pytest
from scipy import sparse

from gdcourse.grading.wire import tables
from gdcourse.grading.wire.packing import ProtocolError, pack, unpack
from gdcourse.grading.wire.values import Codec, restore


def there(value):
    codec = Codec()
    return codec.decode(unpack(pack(codec.encode(value))))


DENSE = np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 0.0]])


@pytest.mark.parametrize("kind", tables.FORMATS)
@pytest.mark.parametrize("make", [sparse.coo_array, sparse.coo_matrix])
def test_a_sparse_array_keeps_its_format_and_content(kind, make):
    value = make(DENSE).asformat(kind)
    came = there(value)
    assert type(came) is type(value) and came.dtype == value.dtype and np.array_equal(came.toarray(), DENSE)


@pytest.mark.parametrize(
    "data",
    [
        ["sparse", "os", True, [2, 2], []],
        ["sparse", "csr", True, [2, 2], [["array", "<f8", [1], bytes(8)]]],
        ["sparse", "coo", True, [1], [["array", "<f8", [1], bytes(8)], ["array", "<i8", [1], b"\x07" + bytes(7)]]],
        ["extension", "object", []],
        ["extension", "Sparse[int]", []],
        ["extension", "datetime64[ns, dateutil//home/x/file]", []],
        ["extension", "datetime64[ns, dateutil/Europe/Paris]", []],
        ["extension", "datetime64[ns, /etc/localtime]", []],
        ["extension", "datetime64[ns, Europe//Paris]", []],
        ["frame", "x", None, None],
    ],
)
def test_what_is_no_table_is_refused(data):
    with pytest.raises(ProtocolError):
        Codec().decode(data)


def test_tables_of_pandas_come_out_as_they_went_in():
    pd = pytest.importorskip("pandas")
    days = pd.date_range("2026-01-01", periods=3, tz="UTC")
    frame = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "x": [0.5, np.nan, 1.5],
            "s": ["a", None, "c"],
            "c": pd.Categorical(["u", "v", "u"], ["v", "u"], ordered=True),
            "i": pd.array([1, None, 3], dtype="Int64"),
            "d": days,
            "t": pd.to_timedelta([1, 2, 3], unit="h"),
            "o": np.array([1, "x", (2, 3)], dtype=object),
            4: [True, False, True],
        },
        index=pd.Index(["p", "q", "r"], name="key"),
    )
    pd.testing.assert_frame_equal(there(frame), frame)
    for column in frame:
        pd.testing.assert_series_equal(there(frame[column]), frame[column])
    pd.testing.assert_frame_equal(there(frame.reset_index()[:1]), frame.reset_index()[:1])
    for index in (frame.index, pd.RangeIndex(2, 9, 3, name="n"), days.tz_localize(None)):
        assert there(index).equals(index) and there(index).name == index.name and type(there(index)) is type(index)
    for one in (pd.Timestamp("2026-01-01T01:02:03.123456789"), days[1], pd.Timedelta("1h2ns")):
        assert there(one) == one and type(there(one)) is type(one)
    assert there(pd.NaT) is pd.NaT and there(pd.NA) is pd.NA
    with pytest.raises(TypeError, match="cannot be handed over"):
        Codec().encode(frame.set_index(["n", "x"]))


@pytest.mark.parametrize(
    "zone, known",
    [
        ("UTC", True), ("Europe/Paris", True), ("Etc/GMT+3", True), ("UTC+01:00", True), ("dateutil//home/x/file", False),
        ("dateutil/UTC", False), ("/etc/localtime", False), ("Europe//Paris", False), ("a/../b", False), ("a/", False),
    ],
)  # fmt: skip
def test_a_zone_is_the_system_s_own_and_no_path(zone, known):
    assert (tables.EXTENSION.match(f"datetime64[ns, {zone}]") is not None) is known


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "America/Argentina/Ushuaia", "Etc/GMT+3", "UTC+01:00"])
def test_times_of_a_zone_come_out_as_they_went_in(zone):
    pd = pytest.importorskip("pandas")
    days = pd.Series(pd.date_range("2026-01-01", periods=3, tz=zone))
    pd.testing.assert_series_equal(there(days), days)


def test_a_zone_that_names_a_file_is_never_looked_up(monkeypatch):
    tz = pytest.importorskip("dateutil.tz")
    monkeypatch.setattr(tz, "gettz", lambda name=None: pytest.fail(f"looked up {name}"))
    with pytest.raises(ProtocolError):
        Codec().decode(["extension", "datetime64[ns, dateutil//tmp/zone]", [None]])


def test_a_change_of_a_table_is_written_into_the_original():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2]})
    same, changed = frame, pd.DataFrame({"b": [3.0]})
    assert restore(frame, changed) is frame
    pd.testing.assert_frame_equal(same, changed)
    assert not tables.restore([1], [2])
