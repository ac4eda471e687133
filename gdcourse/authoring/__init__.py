"""From the sources in `solutions/` to the notebooks in `course/`: read, execute, release, compare.

    solutions/<unit>/<n>_<lesson>.py -> course/<unit>/<n>_<lesson>.ipynb                            executed
    solutions/<unit>/exercises.py    -> solutions/<unit>/exercises.ipynb                            executed, solved
                                     -> course/<unit>/exercises.ipynb                               released by nbgrader
    solutions/course.toml            -> course/home.md and the Binder links of README.md

Authors edit `solutions/` and never `course/`. Builds are byte-identical: a cell that did not change keeps its stored outputs.
"""
