"""Of a student's outputs only known kinds, plain strings and what runs nowhere are shown, and not without end."""

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdcourse.grading.judge.outputs import checked, count_of, size, text_of
from gdcourse.grading.limits import OUTPUTS, SHOWN_BYTES, TEXT, TRACEBACK_LINES

STREAM = {"output_type": "stream", "name": "stdout", "text": "said"}
RESULT = {"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {}, "execution_count": 3}
ERROR = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[31mred\x1b[0m"]}
IMAGE = {"output_type": "display_data", "data": {"image/png": "aGVsbG8=\n"}, "metadata": {}}


def test_what_is_in_order_is_shown_as_it_is():
    assert checked([STREAM, RESULT, ERROR, IMAGE]) == [STREAM, RESULT, ERROR, IMAGE]


@pytest.mark.parametrize(
    "given",
    [
        None,
        "text",
        7,
        [7],
        {"output_type": "stream", "name": "other", "text": "x"},
        {"output_type": "update_display_data", "data": {"text/plain": "x"}},
        {"output_type": "display_data", "data": {"text/html": "<script>"}},
        {"output_type": "display_data", "data": {"image/svg+xml": "<svg onload=x>"}},
        {"output_type": "display_data", "data": {"application/javascript": "x"}},
        {"output_type": "display_data", "data": {"text/markdown": "<img onerror=x>"}},
        {"output_type": "display_data", "data": {"image/png": '"><script>'}},
        {"output_type": "display_data", "data": {"image/png": ["a"]}},
        {"output_type": "display_data", "data": "text"},
        {"output_type": ["stream"], "name": "stdout"},
        {},
    ],
)
def test_what_is_not_is_left_out(given):
    assert checked([given, STREAM]) == [STREAM]


def test_of_an_output_only_what_may_be_shown_is_kept():
    given = {
        **RESULT,
        "data": {"text/html": "<b>", "text/plain": "1"},
        "metadata": {"x": "<"},
        "execution_count": "9",
        "more": 1,
    }
    assert checked([given]) == [{**RESULT, "execution_count": None}]


PLAIN = st.recursive(
    st.none() | st.integers() | st.text() | st.sampled_from(["stream", "error", "display_data", "text", "data", "stdout"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["output_type", "name", "text", "data", "ename", "evalue", "traceback", "text/plain"]), inner),
    max_leaves=20,
)  # fmt: skip


@given(PLAIN | st.lists(PLAIN))
def test_whatever_comes_makes_a_sound_cell(given):
    cell = nbformat.v4.new_code_cell("", id="x")
    cell.outputs = [nbformat.from_dict(o) for o in checked(given)]
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))


def test_outputs_end_where_their_bytes_or_their_number_do():
    many = checked([{**STREAM, "text": "x" * 1000}] * 50, most=10_000)
    assert len(many) == 11 and many[-1]["text"] == "... output cut\n"
    assert len(checked([STREAM] * (OUTPUTS + 50))) == OUTPUTS
    assert len(checked([{**STREAM, "text": "y" * (2 * TEXT)}])[0]["text"]) == TEXT
    assert len(checked([{**ERROR, "traceback": ["z"] * 999}])[0]["traceback"]) == TRACEBACK_LINES
    picture = {**IMAGE, "data": {"image/png": "A" * (SHOWN_BYTES + 5)}}
    assert len(checked([picture])[0]["data"]["image/png"]) == SHOWN_BYTES


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a\tb\n", "a\tb\n"),
        ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
        ("\x1b[2J", "?[2J"),
        ("\x1b]0;title\x07", "?]0;title?"),
        ("\x9b2J\ud800\x00", "?2J??"),
        (7, ""),
        (None, ""),
    ],
)
def test_no_text_commands_a_terminal(text, shown):
    assert text_of(text) == shown


@pytest.mark.parametrize(
    "value, count", [(0, 0), (17, 17), (-1, None), (10**12, None), (True, None), ("1", None), (1.0, None)]
)
def test_an_execution_count_is_a_small_number(value, count):
    assert count_of(value) == count


def test_size_counts_the_bytes_of_all_texts():
    assert size(STREAM) == len("stream") + len("stdout") + len("said")
    assert size({**ERROR, "traceback": ["é", "ab"]}) == len("error") + 1 + 1 + 2 + 2
    assert size(RESULT) == len("execute_result") + 1
