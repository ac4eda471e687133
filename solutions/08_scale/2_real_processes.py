# %% [markdown]
# # Real processes
#
# {{about}}
#
# **After this lesson you can**
#
# - say what a process of a run knows about the others, and who tells it,
# - write a training script that runs on one worker or many, and start it with `torchrun`,
# - show that the run is the single process's run, to the last digits,
# - say what happens when a worker dies, and let the run go on.
#
# **You need** the weighted mean and the [[all-reduce]] of the lesson before this one, and a training loop in PyTorch (unit 02).

# %% [markdown]
# ## What a process knows
#
# So far all workers lived in one notebook. Real ones are processes, on one machine or on many. They share no memory. All
# that a process gets at its start is its environment, and there it finds four entries:
#
# | entry | meaning | of three workers here |
# |:--|:--|:--|
# | `RANK` | its number | 0, 1 or 2 |
# | `WORLD_SIZE` | how many there are | 3 |
# | `MASTER_ADDR`, `MASTER_PORT` | where worker 0 listens | this machine, a free port |
#
# Its number, the **[[rank]]**, is the *only* thing that tells one worker from another: all run the same script. A script of one line
# shows it. `launch` of the library starts processes on this machine and returns what each printed.

# %%
import tempfile
from pathlib import Path

from gdcourse.distributed.launch import launch

holder = tempfile.TemporaryDirectory()
folder = Path(holder.name)
hello = "import os; print(os.environ['RANK'], 'of', os.environ['WORLD_SIZE'])"
(folder / "hello.py").write_text(hello)
said = launch(folder / "hello.py", 3)
print(said)

# %% tags=["check"]
# Three processes, three numbers
assert [text.split() for text in said] == [[str(k), "of", "3"] for k in range(3)]
print("checked: three processes, with the ranks 0, 1 and 2")

# %% [markdown]
# ## One step, from the rank
#
# The task is softmax regression on 601 digits, full batches, 30 steps. A worker cuts its rows out by its rank, finds its gradient, and
# gives its weighted share to the all-reduce. That is the lesson before this one, equation (1):
#
# $$g = \sum_{k=1}^{N} \frac{n_k}{n}\, g_k. \tag{1}$$
#
# The loss is a mean over samples as well, so it rides along as one number more.

# %%
STEP = """
def step(w, X, y, rank, workers):
    n = len(y)
    rows = slice(rank * n // workers, (rank + 1) * n // workers)
    w.requires_grad_()
    loss = torch.nn.functional.cross_entropy(X[rows] @ w, y[rows])
    (g,) = torch.autograd.grad(loss, w)
    mine = torch.cat([g.flatten(), loss.detach()[None]])
    mine *= len(y[rows]) / n
    dist.all_reduce(mine)  # every worker waits here: now the sum of all
    g, loss = mine[:-1].reshape(w.shape), mine[-1].item()
    return (w - 0.5 * g).detach(), loss
"""

# %% [markdown]
# Around it, the loop. `init_process_group` reads the environment and waits until all have come. The backend is **gloo**, which needs nothing but
# processors; between GPUs one writes `"nccl"`. After each step worker 0 saves the weights and the losses, and at its start every worker looks
# whether something was saved: a **[[checkpoint]]**.

# %%
LOOP = """
dist.init_process_group("gloo")
rank, workers = dist.get_rank(), dist.get_world_size()
w, losses = saved()
while len(losses) < 30:
    trouble(rank, len(losses))
    w, loss = step(w, X, y, rank, workers)
    losses.append(loss)
    if rank == 0:
        save(w, losses)
dist.destroy_process_group()
"""

# %% [markdown]
# Folded below: the script's imports and data, `saved` and `save`, and `trouble`, which kills worker 1 at a step that you name. `save` writes a new file and then
# renames it: who dies while it writes leaves the old file whole.

# %% tags=["setup"]
# The data, the rest of the script, and the file
import numpy as np

from gdcourse.datasets import digits

X, y = (part[:601] for part in digits()[:2])
np.savez(folder / "digits.npz", X=X, y=y)
HEAD = """
import os, signal, sys
import numpy as np
import torch
import torch.distributed as dist

X, y = (torch.tensor(part) for part in np.load("digits.npz").values())

def saved():
    if os.path.exists("saved.pt"):
        return torch.load("saved.pt")
    return torch.zeros(64, 10, dtype=torch.float64), []

def save(w, losses):
    torch.save((w, losses), "new.pt")
    os.replace("new.pt", "saved.pt")

def trouble(rank, t):
    if sys.argv[1:] == [str(t)] and rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
"""
(folder / "train.py").write_text(HEAD + STEP + LOOP)
size = (folder / "train.py").stat().st_size

# %% [markdown]
# ## Two processes by `torchrun`
#
# `torchrun` comes with PyTorch. It starts the processes, sets the four entries and watches. In a terminal you would write
#
# ```
# torchrun --standalone --nproc-per-node 2 train.py
# ```
#
# `--standalone` means: this machine alone, on a free port. From here the same command:
#
# **Predict.** The shards have 300 and 301 rows. A single process does the same 30 steps on all 601. How far apart are the two curves of the loss?

# %% tags=["torch"]
import subprocess
import sys

import torch

torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
command = [*torchrun, "--nproc-per-node", "2", "train.py"]
done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
w_two, curve_two = torch.load(folder / "saved.pt")
print("ended well:", done.returncode == 0)
print("first and last loss:", round(curve_two[0], 4), round(curve_two[-1], 4))

# %% [markdown]
# And one process: this notebook, in NumPy.

# %%
from gdcourse.losses.numpy import softmax_ce, softmax_ce_grad

w, curve = np.zeros((64, 10)), []
for _ in range(30):
    curve.append(softmax_ce(X @ w, y))
    w = w - 0.5 * X.T @ softmax_ce_grad(X @ w, y)
print("first and last loss:", round(float(curve[0]), 4), round(float(curve[-1]), 4))

# %% tags=["draw", "torch"]
# Both curves, and how far they are apart
from gdcourse import plots

fig, (left, right) = plots.figure(columns=2, width=8.0, height=3.2)
left.plot(curve, linewidth=4, alpha=0.4, label="one process, NumPy")
left.plot(curve_two, label="two processes, torchrun")
left.set(xlabel="step", ylabel="loss", title="the loss")
left.legend()
apart = np.abs(np.array(curve_two) - curve) + 1e-17
right.plot(apart, "o")
right.axhline(1e-12, color="black", label="the bound that is checked")
right.set(yscale="log", ylim=(1e-18, 1e-10), xlabel="step", title="distance")
right.legend()
plots.show(
    fig,
    alt="Left: the loss of 30 steps falls from 2.3 to below 1, and the curves of one and of two "
    "processes lie on each other. Right: their distance stays below 1e-12 at every step.",
)

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# They differ by rounding alone: less than $10^{-12}$ at each step. The sums are the same sums, taken in another order. So anything that you know about one process,
# rates and schedules included, holds for many. No other number of workers changes that.
#
# </details>

# %% tags=["check", "torch"]
# Two processes do what one does
assert done.returncode == 0, done.stderr[-3000:]
assert len(curve_two) == len(curve) == 30 and len(y) == 601 == 300 + 301
assert [601 // 2, 601 - 601 // 2] == [300, 301]
assert np.abs(np.array(curve_two) - curve).max() < 1e-12
assert np.abs(w_two.numpy() - w).max() < 1e-12
assert round(float(curve[0]), 1) == 2.3 and curve[-1] < 1
assert (np.diff(curve) < 0).all() and size > 1000
print("checked: two processes and one have the same curve, to 1e-12")

# %% [markdown]
# ## A worker dies
#
# With many machines, one of them fails now and then. All others wait in `all_reduce` for a number that does not come.
#
# **Predict.** Worker 1 is killed before its step 12, with no chance to say anything. Does worker 0 wait for ever? What is left of the work?

# %% tags=["torch"]
from gdcourse.distributed.checks import WorkerLost

(folder / "saved.pt").unlink()  # begin anew
lost = f"import os; os.chdir({str(folder)!r})\n"
(folder / "again.py").write_text(lost + HEAD + STEP + LOOP)
try:
    launch(folder / "again.py", 2, 12)
except WorkerLost as error:
    told = str(error).splitlines()[0]
    print(told)
steps_saved = len(torch.load(folder / "saved.pt")[1])
print("steps in the checkpoint:", steps_saved)

# %% tags=["torch"]
launch(folder / "again.py", 1)  # on the one worker that is left
w_on, curve_on = torch.load(folder / "saved.pt")
print("steps now:", len(curve_on))

# %% [markdown]
# <details><summary><b>Answer</b></summary>
#
# Worker 0 does not wait: its connection closes, and `all_reduce` raises an error at once. Whoever started the processes sees who ended how, and ends the others. The
# checkpoint holds the 12 steps before the death, 0 to 11. Started once more, here with the one worker that is left, the same script goes on from there, and its
# curve is the curve of the run that nothing happened to.
#
# </details>
#
# A worker that *hangs* is worse than a dead one, since its connection stays open. Against that there is a time limit: `init_process_group("gloo",
# timeout=...)`. And `torchrun --max-restarts 3` starts all workers anew by itself after a death; from the checkpoint, if the script looks for one.

# %% tags=["check", "torch"]
# Who died, what was saved, and how it went on
assert told == "worker 1 of 2 was killed by SIGKILL, so the run was ended"
assert steps_saved == 12 and len(curve_on) == 30
assert np.abs(np.array(curve_on) - curve).max() < 1e-12
assert np.abs(w_on.numpy() - w).max() < 1e-12
print("checked: after a death at step 12 the run goes on, on the same curve")

# %% [markdown]
# ## The same script on a cluster
#
# Nothing in the script says where its workers are. On four machines with eight workers each, run this *on each machine*:
#
# ```
# torchrun --nnodes 4 --nproc-per-node 8 --rdzv-id 7 \
#     --rdzv-backend c10d --rdzv-endpoint node0:29500 train.py
# ```
#
# They meet at `node0`, any number for `--rdzv-id` will do that is the same on all, and `WORLD_SIZE` is 32. Then `saved.pt` has to lie where all machines can read
# it: every worker starts from it.

# %% [markdown]
# ## In three frameworks
#
# NumPy was the single process, PyTorch the two. TensorFlow has `tf.distribute.MultiWorkerMirroredStrategy`. It finds the others in an entry `TF_CONFIG` of the environment, which
# `launch` sets too, since TensorFlow has no `torchrun`. The library's `Workers` hides one line of it: `strategy.reduce("SUM", strategy.run(...))` is the all-reduce. Ten steps are enough to see it.

# %%
STEP_TF = """
def step(w, X, y, group):
    n, rank, workers = len(y), group.rank, group.workers
    rows = slice(rank * n // workers, (rank + 1) * n // workers)
    with tf.GradientTape() as tape:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y[rows], X[rows] @ w)
        loss = tf.reduce_mean(losses)
    g = tape.gradient(loss, w)
    g, loss = group.allreduce_mean([g, loss], len(losses))
    w.assign_sub(0.5 * g)
    return float(loss)
"""

# %% tags=["setup"]
# The rest of TensorFlow's script
HEAD_TF = f"""
import json
import numpy as np
import tensorflow as tf
from gdcourse.distributed.tensorflow import Workers

X, y = np.load({str(folder / "digits.npz")!r}).values()
"""
LOOP_TF = """
with Workers() as group:
    w = tf.Variable(tf.zeros((64, 10), tf.float64))
    print(json.dumps([step(w, X, y, group) for _ in range(10)]))
"""
(folder / "train_tf.py").write_text(HEAD_TF + STEP_TF + LOOP_TF)

# %% tags=["tensorflow"]
import json

import tensorflow as tf  # the two processes need it

said = launch(folder / "train_tf.py", 2)
curves_tf = [json.loads(text.strip().splitlines()[-1]) for text in said]
gap = np.abs(np.array(curves_tf) - curve[:10]).max()
print("TensorFlow", tf.__version__[:1], "like NumPy to 1e-12:", gap < 1e-12)

# %% tags=["check", "tensorflow"]
# TensorFlow's two processes, too
assert len(curves_tf) == 2 and curves_tf[0] == curves_tf[1] and gap < 1e-12
assert len(curves_tf[0]) == 10 and 4 * 8 == 32
holder.cleanup()
print("checked: NumPy alone, two of PyTorch, two of TensorFlow: one curve")

# %% [markdown]
# ## Summary
#
# - All workers run one script. The rank is all that differs, and picks the shard.
# - `init_process_group`, a share of the batch, one `all_reduce`: that is data parallelism.
# - The curve is that of a single process, to $10^{-12}$ in double precision.
# - A dead worker ends the run. A checkpoint lets it go on from the last step that was saved.
#
# ## Common mistakes
#
# - **An all-reduce that only some call.** `if rank == 0: dist.all_reduce(...)` waits until the time limit.
# - **Each worker shuffles with a seed of its own.** Then shards overlap. Shuffle alike, cut by rank.
# - **All workers save to one file.** One writes, the others read.
# - **A checkpoint without the optimizer's state.** Momentum would begin at zero again, and the curve bend.
#
# ## Quick questions
#
# 1. What is the rank of the last of 32 workers, and which rows of 640 does it take?
#
#    <details><summary><b>Answer</b></summary>
#
#    31, and rows 620 to 639: the last 20.
#
#    </details>
# 2. The loss of worker 0 is printed without an all-reduce. What does it show?
#
#    <details><summary><b>Answer</b></summary>
#
#    The mean over worker 0's shard. It is another number than the batch's loss, and falls in a similar way, so nobody notices.
#
#    </details>
# 3. Why is the file renamed instead of written in place?
#
#    <details><summary><b>Answer</b></summary>
#
#    A rename happens at once or not at all. A process that dies while it writes in place leaves half a checkpoint.
#
#    </details>
#
# ## Derive and try
#
# **Derive.** A run saves every $h$ steps. Here $h$ is a whole number. A death comes at a random step. How many steps are lost on average? When would you save less often?
#
# <details><summary><b>Outline</b></summary>
#
# Between 0 and $h - 1$ steps, each equally likely, so $(h - 1)/2$, and the one that was under way. Saving costs time too: if it takes as long as $c$ steps, saving costs $c/h$ steps for each
# step. Deaths lose about $h/2$ each. With one death in $T$ steps the sum $c/h + h/(2T)$ is smallest at $h = \sqrt{2cT}$.
#
# </details>

# %% [markdown]
# **Try.** Run `train.py` with three processes, `--nproc-per-node 3`. Then with four, more than your machine may have cores. Is the curve still the same? Is it faster?
#
# <details><summary><b>Outline</b></summary>
#
# The curve is the same, to rounding. It is hardly faster: such a step is so small that waiting for each other takes longer than computing. The next lesson predicts when it pays.
#
# </details>

# %% tags=["check"]
# The numbers of the questions
shares = [(k * 640 // 32, (k + 1) * 640 // 32) for k in range(32)]
assert shares[31] == (620, 640) and 639 - 620 + 1 == 20
c, T = 4.0, 800.0
grid = np.arange(1, 400)
assert grid[np.argmin(c / grid + grid / (2 * T))] == round((2 * c * T) ** 0.5)
print("checked: the numbers of the questions")

# %% [markdown]
# ## References
#
# - S. Li and others (2020). PyTorch distributed: experiences on accelerating data parallel training. *Proceedings of the VLDB Endowment* 13, 3005–3018.
# - PyTorch documentation: *torchrun (Elastic Launch)*. TensorFlow documentation: *Multi-worker training*.
#
# {{links}}
#
# *Done? Shut this notebook's kernel down (Kernel > Shut Down Kernel): PyTorch and TensorFlow hold about 800 MB.*
