"""Marks: for a learner who checks a notebook, and for a class.

`notebooks` reads what students hand in and puts the test cells right; `check` marks one notebook, for a learner.

A class: `session` (the terminal) -> `grader` (what to mark, who marks it, what is written) -> `engine` (one per worker), with
`submissions`, `gradebook`, `cluster` and `reports` beside it. The warm process of an engine, `server`, forks a `judge`, which
runs the tests, and has its `zygote` fork the `student`, which runs the answers in a `sandbox`. They speak over a `channel`, in
values that `codec` and `frameworks` make plain. `pages` makes forks fast, `processors` keeps workers apart.

nbgrader: `config` holds its settings; `restore`, `execute`, `warnings` and `feedback` its preprocessors; `classroom` calls it.
"""

import gdcourse._quick  # noqa: F401
