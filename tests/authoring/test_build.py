"""Notebooks are what their sources say, byte for byte, and hold what a learner may see."""

import shutil

import nbformat
import pytest

from gdcourse import resources
from gdcourse.authoring.build import BuildError, build, drift
from gdcourse.authoring.execute import execute
from gdcourse.authoring.markup import Markup, MarkupError
from gdcourse.authoring.minutes import reading_minutes, visible_code
from gdcourse.authoring.source import cell_ids, complete, read_source
from gdcourse.catalogue import Catalogue

ROOT = resources.root()


@pytest.fixture
def clone(tmp_path):
    """A copy of what a build reads and writes."""
    ignore = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__", ".pytest_cache")
    for folder in ("solutions", "course"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    shutil.copy(ROOT / "README.md", tmp_path)
    return tmp_path


def test_every_notebook_is_in_step():
    assert drift(ROOT) == []


def test_drift_names_what_is_out_of_step(clone):
    (clone / "course" / "00_start" / "leftover.ipynb").write_text("{}")
    source = clone / "solutions" / "00_start" / "1_first_descent.py"
    source.write_text(source.read_text("utf-8").replace("You stand on the curve", "You are on the curve"), "utf-8")
    assert drift(clone) == ["course/00_start/1_first_descent.ipynb", "course/00_start/leftover.ipynb"]


def test_a_changed_repository_changes_every_binder_link(clone):
    toml = clone / "solutions" / "course.toml"
    toml.write_text(toml.read_text("utf-8").replace(Catalogue.read(ROOT).repository, "someone/fork"), "utf-8")
    build(clone, report=lambda _: None)
    pages = [clone / "README.md", *clone.glob("course/*/*.ipynb")]
    for page in pages:
        text = page.read_text("utf-8")
        assert "mybinder.org/v2/gh/someone/fork/" in text and Catalogue.read(ROOT).repository not in text, page


def test_an_unknown_unit_is_refused(clone):
    with pytest.raises(BuildError, match=r"expected a unit among 00_start, .*, got '77_x'"):
        build(clone, units=["77_x"])


def test_ids_follow_from_the_text():
    cells = [
        nbformat.v4.new_markdown_cell("same"),
        nbformat.v4.new_markdown_cell("same"),
        nbformat.v4.new_code_cell("same"),
    ]
    cells[2].metadata["nbgrader"] = {"grade_id": "mse"}
    first, second, third = cell_ids(nbformat.v4.new_notebook(cells=cells))
    assert second == f"{first}-2" and third == "mse"


def test_metadata_is_completed():
    test, solution, cell = (
        {"nbgrader": {"grade_id": "a", "points": 1}},
        {"nbgrader": {"grade_id": "a"}},
        {"tags": ["torch"]},
    )
    for metadata in (test, solution, cell):
        complete(metadata)
    assert test["nbgrader"]["grade"] and test["nbgrader"]["locked"] and not test["nbgrader"]["solution"]
    assert solution["nbgrader"]["solution"] and not solution["nbgrader"]["locked"]
    assert cell["tags"] == ["torch", "raises-exception"]


@pytest.mark.parametrize(
    "code, told", [("1 / 0", "ZeroDivisionError"), ("import warnings; warnings.warn('x')", "no warning")]
)
def test_a_lesson_that_fails_or_warns_is_not_built(tmp_path, code, told):
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code, metadata={"tags": ["raises-exception"]})])
    with pytest.raises(RuntimeError, match=f"(?s)u/lesson: .*{told}"):
        execute(nb, cwd=tmp_path, name="u/lesson")


def test_executing_measures_seconds_and_megabytes(tmp_path):
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)")])
    done, cost = execute(nb, cwd=tmp_path, name="u/lesson")
    assert done.cells[0].outputs[0].text == "1\n" and len(done.cells) == 1
    assert cost["seconds"] > 0 and 20 < cost["megabytes"] < 500


def test_a_source_becomes_a_valid_notebook():
    path = ROOT / "solutions" / "00_start" / "1_first_descent.py"
    nb = read_source(path, Markup(ROOT), 12.3)
    nbformat.validate(nb)
    assert nb.metadata.kernelspec.name == "python3" and "running 12 s" in nb.cells[0].source
    assert "{{about}}" not in nbformat.writes(nb)


def test_folded_cells_are_folded_in_jupyterlab_and_on_the_site():
    metadata = {"tags": ["check", "torch"]}
    complete(metadata)
    assert metadata["jupyter"] == {"source_hidden": True}
    assert metadata["tags"] == ["check", "torch", "hide-input", "raises-exception"]


def test_what_is_folded_is_not_counted_as_reading():
    code = nbformat.v4.new_code_cell("x = 1\n" * 24)
    folded = nbformat.v4.new_code_cell("x = 1\n" * 24, metadata={"tags": ["draw"]})
    predict = nbformat.v4.new_markdown_cell("**Predict.** What is " + "more " * 87)
    assert reading_minutes(nbformat.v4.new_notebook(cells=[code, folded])) == 2
    assert reading_minutes(nbformat.v4.new_notebook(cells=[predict])) == 3  # 90 words and a prediction
    assert visible_code(nbformat.v4.new_notebook(cells=[code, folded])) == [code.source]


def test_marks_become_links(clone):
    markup = Markup(clone)
    told = markup.text(
        "a [[logit]], [[scores|logit]], `[[0]]`, $[[x]]$ and {{exercise:mse}}", "01_loss", "1_squared_error"
    )
    assert told.startswith(
        "a [logit](../glossary.md#logit), [scores](../glossary.md#logit), `[[0]]`, $[[x]]$ and [**mse**](exer"
    )
    assert told.endswith("(exercises.ipynb#cell-id=mse-task)")
    first, last = markup.lessons[0], markup.lessons[-1]
    assert "previous" not in markup.links(first.unit, first.stem) and "next: [" in markup.links(first.unit, first.stem)
    assert "next" not in markup.links(last.unit, last.stem)


@pytest.mark.parametrize(
    "mark, told", [("[[nowhere]]", "a term of the glossary"), ("{{exercise:nope}}", "among mse, ")]
)
def test_a_mark_that_leads_nowhere_is_refused(mark, told):
    with pytest.raises(MarkupError, match=f"01_loss/x: expected .*{told}"):
        Markup(ROOT).text(mark, "01_loss", "x")


def test_a_term_is_explained_once(clone):
    (clone / "solutions" / "glossary" / "99.toml").write_text('[logit]\ntext = "again"\nlesson = "x"\n')
    with pytest.raises(MarkupError, match="each term once, got 'logit'"):
        Markup(clone)


def test_a_lesson_that_was_renamed_leaves_nothing_behind(clone):
    source = clone / "solutions" / "00_start" / "1_first_descent.py"
    source.rename(source.with_stem("1_descend"))
    for path in (clone / "solutions" / "glossary").glob("*.toml"):
        path.write_text(path.read_text("utf-8").replace('"1_first_descent"', '"1_descend"'), "utf-8")
    build(clone, report=lambda _: None)
    assert (clone / "course" / "00_start" / "1_descend.ipynb").exists()
    assert not (clone / "course" / "00_start" / "1_first_descent.ipynb").exists()
    assert "00_start/1_first_descent" not in (clone / "solutions" / "measured.json").read_text("utf-8")
