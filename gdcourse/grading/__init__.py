"""Marks: for a learner who checks a notebook, and for a class. The folders are rooms by trust, and imports flow down this list.

- `plugins`: nbgrader's hooks, and the making of a course folder.
- `course`: the instructor's process: `terminal` -> `grader` (what to mark, what is written) -> `workers` or `dask`.
- `engine`: one warm process per worker. Its far end forks a judge, and has the zygote fork the student's processes.
- `judge`: runs the tests, and takes what comes from a student for data.    `student`: runs the answers, and decides nothing.
- `wire`: what judge and student say to each other.

Beside them `check` marks one notebook for a learner; `notebooks` reads what is handed in and puts the test cells right;
`forking` makes forks cheap; `limits` has every limit once, from the command line down to the sandbox.
"""

import gdcourse._fast_nbformat
import gdcourse._fast_nbgrader  # noqa: F401
