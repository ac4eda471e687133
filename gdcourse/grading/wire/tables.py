"""Tables of pandas and sparse arrays of SciPy as plain data: built anew from their arrays, never unpickled.

Only where the library is imported are there values of its; `encoders` yields nothing else. What has no plain form here, such as
an index of several levels, crosses as a reference.
"""

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

ZONE = r"(?!dateutil)[A-Za-z0-9_+:-]+(/[A-Za-z0-9_+-]+)*"  # of the system's own: dateutil's could name any file
EXTENSION = re.compile(rf"(string|str|boolean|U?Int\d+|Float\d+|(datetime|timedelta)64\[\w+(, {ZONE})?\])(\[\w+\])?\Z")
FORMATS = ("csr", "csc", "coo", "bsr", "dia", "lil", "dok")


def encoders(codec: Any) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """Yield (types, function), as `Codec._by_value` does."""
    pd = sys.modules.get("pandas")
    if pd is not None and hasattr(pd, "DataFrame"):  # complete, not half imported
        yield pd.DataFrame, lambda v: _plainly(codec, _frame, v)
        yield pd.Series, lambda v: _plainly(codec, _series, v)
        yield pd.Index, lambda v: _plainly(codec, _index, v)
        yield pd.Timestamp, lambda v: ["timestamp", v.isoformat()]
        yield pd.Timedelta, lambda v: ["pandas delta", v.isoformat()]
        yield (type(pd.NaT), type(pd.NA)), lambda v: ["missing", "NaT" if v is pd.NaT else "NA"]
    if scipy := sys.modules.get("scipy.sparse"):
        yield (scipy.sparray, scipy.spmatrix), lambda v: _sparse(codec, v)


def _plainly(codec: Any, encode: Callable[[Any, Any], Any], value: Any) -> Any:
    try:
        return encode(codec, value)
    except TypeError:
        return codec.reference(value)


def _series(codec: Any, series: Any) -> Any:
    return ["series", _values(codec, series.array), _index(codec, series.index), codec.encode(series.name)]


def _frame(codec: Any, frame: Any) -> Any:
    columns = [_values(codec, frame.iloc[:, i].array) for i in range(frame.shape[1])]
    return ["frame", columns, _index(codec, frame.columns), _index(codec, frame.index)]


def _index(codec: Any, index: Any) -> Any:
    import pandas as pd

    if isinstance(index, pd.RangeIndex):
        return ["range index", index.start, index.stop, index.step, codec.encode(index.name)]
    if isinstance(index, pd.MultiIndex | pd.PeriodIndex | pd.IntervalIndex):
        raise TypeError(f"a {type(index).__name__} cannot be handed over")
    return ["index", _values(codec, index.array), codec.encode(index.name)]


def _values(codec: Any, array: Any) -> Any:
    import numpy as np
    import pandas as pd

    dtype = array.dtype
    if isinstance(dtype, np.dtype) or isinstance(array, pd.arrays.NumpyExtensionArray):
        return codec.encode(array.to_numpy())
    if isinstance(dtype, pd.CategoricalDtype):
        return ["category", codec.encode(array.codes), _values(codec, array.categories.array), bool(array.ordered)]
    if EXTENSION.match(str(dtype)) is None:
        raise TypeError(f"a column of {dtype} cannot be handed over")
    items = [None if missing else codec.encode(item) for item, missing in zip(array, array.isna(), strict=True)]
    return ["extension", str(dtype), items]


def _sparse(codec: Any, value: Any) -> Any:
    plain = value.tocoo()
    arrays = [codec.encode(plain.data), *[codec.encode(each) for each in plain.coords]]
    return ["sparse", value.format, type(value).__name__.endswith("_array"), list(value.shape), arrays]


def _to_frame(codec: Any, columns: list[Any], names: Any, index: Any) -> Any:
    import pandas as pd

    rows = codec.decode(index)
    frame = pd.DataFrame({i: pd.Series(codec.decode(each), index=rows) for i, each in enumerate(columns)}, index=rows)
    frame.columns = codec.decode(names)
    return frame


def _to_series(codec: Any, values: Any, index: Any, name: Any) -> Any:
    import pandas as pd

    return pd.Series(codec.decode(values), index=codec.decode(index), name=codec.decode(name))


def _to_range_index(codec: Any, start: int, stop: int, step: int, name: Any) -> Any:
    import pandas as pd

    return pd.RangeIndex(start, stop, step, name=codec.decode(name))


def _to_index(codec: Any, values: Any, name: Any) -> Any:
    import pandas as pd

    return pd.Index(codec.decode(values), name=codec.decode(name))


def _to_category(codec: Any, codes: Any, categories: Any, ordered: bool) -> Any:
    import pandas as pd

    return pd.Categorical.from_codes(codec.decode(codes), codec.decode(categories), ordered=ordered is True)


def _to_extension(codec: Any, dtype: str, items: list[Any]) -> Any:
    import pandas as pd

    if EXTENSION.match(dtype) is None:
        raise ValueError("refused a dtype")
    return pd.Series([codec.decode(item) for item in items], dtype=dtype).array


def _to_missing(_: Any, name: str) -> Any:
    import pandas as pd

    return pd.NaT if name == "NaT" else pd.NA


def _to_timestamp(_: Any, text: str) -> Any:
    import pandas as pd

    return pd.Timestamp(text)


def _to_delta(_: Any, text: str) -> Any:
    import pandas as pd

    return pd.Timedelta(text)


def _to_sparse(codec: Any, kind: str, is_array: bool, shape: list[int], arrays: list[Any]) -> Any:
    from scipy import sparse

    if kind not in FORMATS:
        raise ValueError("refused a format")
    data, *coords = [codec.decode(each) for each in arrays]
    made = sparse.coo_array((data, tuple(coords)), shape=tuple(shape))
    return (made if is_array is True else sparse.coo_matrix(made)).asformat(kind)


def restore(original: Any, changed: Any) -> bool:
    """Write into a table what a call has changed in its copy; return whether they are tables at all."""
    pd = sys.modules.get("pandas")
    if pd is None or not any(isinstance(each, pd.DataFrame | pd.Series) for each in (original, changed)):
        return False
    if isinstance(changed, type(original)):
        original._mgr = changed._mgr  # pandas has no public way to change all of a table in place
    return True


DECODERS: dict[str, Any] = {
    "frame": _to_frame,
    "series": _to_series,
    "index": _to_index,
    "range index": _to_range_index,
    "category": _to_category,
    "extension": _to_extension,
    "missing": _to_missing,
    "timestamp": _to_timestamp,
    "pandas delta": _to_delta,
    "sparse": _to_sparse,
}
