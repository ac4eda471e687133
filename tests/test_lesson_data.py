"""A lesson that takes its images by one argument runs with each of them."""

import jupytext
import numpy as np
import pytest

from gdcourse import datasets, resources

SOURCE = resources.root() / "solutions" / "05_cnns" / "5_what_it_gets_wrong.py"


def larger(split="train", *, n=None, images=False):
    """Return digits of 28 by 28 pixels, a stand-in for what would be downloaded: 80 to train, 80 others to test."""
    assert images and n >= 80
    data = datasets.digits(images=True)
    rows = slice(0, 80) if split == "train" else slice(80, 160)
    X = np.pad(data.X[rows].repeat(3, axis=2).repeat(3, axis=3), [(0, 0), (0, 0), (2, 2), (2, 2)])
    return data._replace(X=X, y=data.y[rows])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_the_lesson_on_errors_runs_with_images_that_are_downloaded(name, monkeypatch, capsys):
    monkeypatch.setattr(datasets, name, larger)
    source = SOURCE.read_text("utf-8")
    assert source.count('DATA = "digits"') == 1
    cells = jupytext.reads(source.replace('DATA = "digits"', f'DATA = "{name}"'), fmt="py:percent").cells
    names = {}
    for cell in cells:
        if cell.cell_type == "code" and not {"torch", "tensorflow"} & set(cell.metadata.get("tags", ())):
            exec(compile(cell.source, str(SOURCE), "exec"), names)
    assert names["X"].shape == (80, 1, 28, 28) and names["table"].sum() == 80
    assert f"used: {name}, 80 images" in capsys.readouterr().out
