"""A late module is imported at once, runs when something of it is used, and then is as any other."""

import sys

import pytest

from gdcourse._late import Late, late


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Write a package whose module `slow` notes that it runs; return what was noted."""
    (tmp_path / "late_package").mkdir()
    (tmp_path / "late_package" / "__init__.py").write_text("ran = []")
    (tmp_path / "late_package" / "slow.py").write_text("from late_package import ran\nran.append(1)\nvalue = 3")
    monkeypatch.syspath_prepend(str(tmp_path))
    import late_package

    yield late_package.ran
    for name in [name for name in sys.modules if name.startswith("late_package")]:
        del sys.modules[name]


def test_a_late_module_runs_when_it_is_used(package):
    with late("late_package.slow"):
        from late_package import slow
    assert package == []
    assert slow.value == 3 and package == [1]
    from late_package.slow import value

    assert value == 3 and package == [1]


def test_other_modules_and_other_times_are_as_always(package):
    with late("late_package.other"):
        pass
    assert not any(isinstance(finder, Late) and "late_package.other" in finder.names for finder in sys.meta_path)
    import late_package.slow  # noqa: F401

    assert package == [1]


def test_a_late_module_that_is_not_there_is_missed():
    with late("late_nowhere"), pytest.raises(ModuleNotFoundError):
        import late_nowhere  # noqa: F401
