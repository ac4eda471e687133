"""What an instructor sets reaches the sandbox by both doors: `gdcourse grade`, and `nbgrader autograde` with our engine."""

import warnings
from contextlib import closing

import coursefolder
import matrix
import pytest
from traitlets import TraitError
from traitlets.config import Config

from gdcourse.grading.course.grader import Grader
from gdcourse.grading.course.settings import Grading
from gdcourse.grading.engine.results import EngineError
from gdcourse.grading.limits import Limits
from gdcourse.grading.plugins import execute

UNIT = coursefolder.UNIT
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = coursefolder.make(tmp_path_factory.mktemp("settings") / "course")
    (folder / "source" / UNIT / "data.csv").write_text("1,2")
    coursefolder.release(folder)
    coursefolder.hand_in(folder, "ada", matrix.solved(UNIT))
    return folder


class Recorder:
    """Stands where the preprocessor has its engines; keeps the jobs and marks nothing."""

    def mark(self, jobs, submission):
        self.jobs = jobs
        return dict.fromkeys(submission.notebooks, EngineError("only recorded"))


SETTINGS = {
    "nothing": "",
    "nbgrader's own": "c.Execute.timeout = 7",
    "no end of nbgrader's": "c.Execute.timeout = None",
    "ours": "c.Grading.limits = {'call': 3, 'memory': 1e9}\nc.Grading.strict = True\nc.Grading.isolated = False",
    "both": "c.Execute.timeout = 7\nc.Grading.limits = {'cell': 9, 'total': 100}",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_both_doors_build_the_same_job(setting, course, tmp_path, monkeypatch):
    folder, recorder = coursefolder.copy(course, tmp_path / "course"), Recorder()
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write(f"c = get_config()\n{SETTINGS[setting]}\n")
    monkeypatch.setattr(execute, "_engines", lambda: recorder)
    grader = Grader(folder)
    with closing(grader.open()) as gradebook:
        jobs = grader.jobs(UNIT, gradebook)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader's own
        assert not grader.course.api.autograde(UNIT, "ada", force=True, create=True)["success"]
    assert recorder.jobs == jobs and {j.key for j in recorder.jobs.values()} == {j.key for j in jobs.values()}
    (job,) = jobs.values()
    assert job.checksums and job.files == {"data.csv": b"1,2"} and str(folder) in job.hidden
    assert job.limits.cell == {"nbgrader's own": 7, "no end of nbgrader's": Limits.total, "both": 9}.get(setting, 60)
    assert (job.limits.call, job.limits.memory) == ((3, 10**9) if setting == "ours" else (20, 2 << 30))
    assert (job.strict, job.isolated) == ((True, False) if setting == "ours" else (False, True))


def test_the_command_line_wins(course):
    config = Config()
    config.Grading.limits = {"cell": 5, "call": 4}
    config.Grading.isolated = False
    assert Grader(course, config).settings.all_limits() == Limits(cell=5, call=4)
    chosen = Grader(course, config, limits={"call": 2}, isolated=True, strict=True).settings
    assert (chosen.all_limits(), chosen.isolated, chosen.strict) == (Limits(cell=5, call=2), True, True)


@pytest.mark.parametrize("limits", [{"seconds": 3}, {"cell": -1}, {"memory": "much"}])
def test_a_setting_that_is_no_limit_is_told(limits):
    config = Config()
    config.Grading.limits = limits
    with pytest.raises(TraitError, match=r"expected .*got '?(seconds|-1|much)"):
        _ = Grading(config=config).limits


def test_a_limit_that_is_none_ends_the_command_with_a_line(course):
    done = coursefolder.run(course, "--limit", "seconds=3")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "expected limits among cell, call" in done.stderr and "got 'seconds'" in done.stderr
