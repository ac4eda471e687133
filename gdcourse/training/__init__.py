r"""The training loop, one file per framework: `numpy`, `torch`, `tensorflow`; and what needs no framework.

All of gradient descent is one loop. Until the epochs are used up or a stopping rule says so, for each group of k mini-batches
B_1, ..., B_k of the shuffled rows, with x the parameters, L(B) the mean loss over B, and t = 0, 1, ... the number of steps
taken before:

    rate            eta = schedule(t)                                                                     (1)
    accumulation    g   = sum_j |B_j| grad L(B_j) / sum_j |B_j|                                           (2)
    clipping        g   = clip(g)                                                                         (3)
    L2 decay        g   = g + lambda x                                                                    (4)
    step            x   = the optimizer's step from x along g                                             (5)

and after the last group: record the epoch, measure the validation loss, ask the stopping rule                (6)

Every line but (2) and (5) is optional, and by default k = 1. The rows are shuffled by NumPy with one seed, so the three
frameworks see the same batches. With the whole set as one batch nothing is shuffled: then the loop is plain gradient descent,
and the recorded loss is the loss before the epoch's step.

(2) weights by rows, so k batches of b rows give the gradient of one batch of kb rows, whatever is left for the last group.
The usual loss / k in PyTorch and `gradient_accumulation_steps` in Keras average the batches as equals: a short batch then
counts too much, and Keras carries an incomplete group over into the next epoch. A sum over a large batch in parts is how
memory, or several machines, hold it (Goyal et al. 2017, arXiv:1706.02677).

(3) comes before (4), as when `torch.nn.utils.clip_grad_norm_` precedes `torch.optim.SGD(weight_decay=)`: the penalty is not
clipped (Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063, for clipping by norm).

(4) is coupled: it is the gradient of lambda |x|^2 / 2, as `weight_decay` of `torch.optim.SGD` and `torch.optim.Adam`. An
adaptive rule rescales it with the rest of g, and decoupled decay is the business of AdamW (Loshchilov & Hutter 2019,
arXiv:1711.05101). `weight_decay` in Keras is decoupled in every optimizer.

(1) is PyTorch's `scheduler.step()` after each `optimizer.step()`, and Keras' schedule of `optimizer.iterations`: the first
step uses schedule(0). A `scheduler.step()` before the first `optimizer.step()` would skip it.

Early stopping keeps copies of the parameters of the best validation epoch (Prechelt 1998, doi:10.1007/3-540-49430-8_3) and
sets them back however the run ends, as `EarlyStopping(restore_best_weights=True)` of Keras 3.
"""

from gdcourse._lazy import frameworks
from gdcourse.training.batches import batches, groups
from gdcourse.training.history import History
from gdcourse.training.stopping import patience, small_decrease, small_gradient, small_step

__all__ = ["History", "batches", "groups", "patience", "small_decrease", "small_gradient", "small_step"]
__getattr__, __dir__ = frameworks(__name__)
