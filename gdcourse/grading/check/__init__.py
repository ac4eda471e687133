"""A learner's own notebook, checked: `exercises` decides what runs and what it is worth.

`needs` finds the cells that an exercise leans on, `kernel` runs them under a clock of its own, and `trial`, in that kernel,
runs the tests and says which property does not hold.
"""
