r"""The training loop, one file per framework: `numpy`, `torch`, `tensorflow`; and what needs no framework.

All of gradient descent is one loop. Until the epochs are used up or a stopping rule says so:

    for each mini-batch B of the shuffled rows:
        loss, g = value and gradient of the mean loss over B
        x       = the optimizer's step from x along g                                                     (1)
    record the epoch                                                                                      (2)

The rows are shuffled by NumPy with one seed, so the three frameworks see the same batches. With the whole set as one batch
nothing is shuffled: then (1) is plain gradient descent, and the recorded loss is the loss before the epoch's step.
"""

from gdcourse._lazy import frameworks
from gdcourse.training.batches import batches
from gdcourse.training.history import History
from gdcourse.training.stopping import patience, small_decrease, small_gradient, small_step

__all__ = ["History", "batches", "patience", "small_decrease", "small_gradient", "small_step"]
__getattr__, __dir__ = frameworks(__name__)
