"""Marks: restore the tests of a submission, run it, say which property is broken; and nbgrader's flow around a class.

`restore` puts locked test cells back from the source. `check` marks one notebook, for a learner. `classroom` grades a class
with nbgrader, student by student. `feedback` and `warnings` hold the two other preprocessors that nbgrader's configuration
in `solutions/` names.
"""
