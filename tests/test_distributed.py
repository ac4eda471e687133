"""Many workers: by hand in one process, and as two and three real ones that agree, refuse together and notice a death."""

import importlib
import inspect
import json
import os
import subprocess
import sys
import textwrap
from itertools import pairwise

import numpy as np
import pytest

from gdcourse.distributed import checks, launch
from gdcourse.distributed import numpy as distributed

FRAMEWORKS = ("torch", "tensorflow")


def some(n, d=7, seed=0):
    return list(np.random.default_rng(seed).normal(size=(n, d)))


def test_the_two_files_with_real_processes_are_twins():
    modules = [importlib.import_module(f"gdcourse.distributed.{framework}") for framework in FRAMEWORKS]
    described = []
    for module in modules:
        members = inspect.getmembers(module.Workers, inspect.isfunction)
        public = [(name, f) for name, f in members if name == "__init__" or not name.startswith("_")]
        described.append(
            [module.__all__, module.Workers.__doc__, [(n, str(inspect.signature(f)), f.__doc__) for n, f in public]]
        )
    assert described[0] == described[1] and len(described[0][2]) == 2


@pytest.mark.parametrize("sizes", [(4, 4, 4), (1, 5, 6), (12, 0, 0), (0, 3, 9)])
def test_the_weighted_mean_is_the_whole_batch_s_gradient(sizes):
    rng = np.random.default_rng(1)
    X, y, w = rng.normal(size=(12, 5)), rng.normal(size=12), rng.normal(size=5)

    def gradient(rows):
        with np.errstate(invalid="ignore"):
            return [X[rows].T @ (X[rows] @ w - y[rows]) / np.float64(len(y[rows])), np.array([[1.0]])]

    cuts = np.cumsum([0, *sizes])
    shards = [slice(*ends) for ends in pairwise(cuts)]
    mean = distributed.allreduce_mean([gradient(shard) for shard in shards], sizes)
    whole = gradient(slice(None))
    assert all(np.allclose(a, b, rtol=1e-12, atol=1e-14) for a, b in zip(mean, whole, strict=True))


@pytest.mark.parametrize("n", [2, 3, 4, 7])
@pytest.mark.parametrize("d", [0, 1, 6, 12, 29])
def test_a_ring_leaves_the_sum_with_everybody(n, d):
    arrays = some(n, d)
    kept = [a.copy() for a in arrays]
    held, sent = distributed.ring_allreduce(arrays)
    assert np.allclose(held, np.sum(arrays, axis=0), rtol=1e-12, atol=1e-14)
    assert (held == held[0]).all()  # bit by bit: all took the same sums
    assert all((a == b).all() for a, b in zip(arrays, kept, strict=True))
    assert len(list(distributed.ring_rounds(arrays))) == 2 * (n - 1) + 1
    assert sent.sum() == 2 * (n - 1) * d * 8
    if d % n == 0:
        assert sent.tolist() == [2 * (n - 1) * d * 8 // n] * n


def test_bytes_of_a_gather():
    arrays = [np.ones(6, np.float32)] * 4
    assert distributed.gather_bytes(arrays).tolist() == [144, 48, 48, 48]
    assert distributed.ring_allreduce(arrays)[1].sum() == 144


@pytest.mark.parametrize("delay", range(6))
def test_late_gradients_are_stable_up_to_the_limit_of_theory(delay):
    limit = 2 * np.sin(np.pi / (2 * (2 * delay + 1)))
    for share, stable in ((0.98, True), (1.02, False)):
        x, rule = [np.array([1.0])], distributed.StaleGD(share * limit, delay)
        for _ in range(3000):
            rule.step(x, [x[0]])
        assert (abs(x[0][0]) < 1e-3) == stable
        roots = np.roots([1.0, -1.0, *[0.0] * (delay - 1), share * limit] if delay else [1.0, share * limit - 1])
        assert (np.abs(roots).max() < 1) == stable


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_late_gradients_are_those_of_equation_3(delay):
    x, rule = [np.array([2.0, -1.0])], distributed.StaleGD(0.3, delay)
    a, seen = np.array([1.0, 0.5]), [np.array([2.0, -1.0])]
    for t in range(12):
        g = a * x[0]
        rule.step(x, [g])
        g[...] = 99  # the caller's own array
        seen.append(seen[-1] - 0.3 * a * seen[max(0, t - delay)])
        assert np.allclose(x[0], seen[-1], rtol=1e-13)


def test_local_descent_talks_every_few_steps():
    targets, rule = [np.array([0.0]), np.array([4.0])], distributed.LocalSGD(0.5, every=3)
    replicas = [[np.array([1.0])], [np.array([1.0])]]
    for t in range(1, 7):
        rule.step(replicas, [[x - target] for (x,), target in zip(replicas, targets, strict=True)])
        assert (replicas[0][0] == replicas[1][0]).all() == (t % 3 == 0)
    assert rule.means == 2
    once = [[np.array([1.0])], [np.array([1.0])]]
    distributed.LocalSGD(0.5, every=1).step(once, [[np.array([1.0])], [np.array([-3.0])]])
    assert once[0][0] == once[1][0] == 1.5  # one step by the mean gradient, -1


def test_what_is_kept_of_an_array():
    a = np.array([[3.0, -5.0], [0.5, 5.0]])
    assert distributed.TopK(1)(a).tolist() == [[0, -5], [0, 0]]
    assert distributed.TopK(9)(a).tolist() == a.tolist()
    assert np.allclose(distributed.Sign()(a), np.array([[1, -1], [1, 1]]) * 13.5 / 4)
    assert distributed.TopK(2).bytes(a) == 24 and distributed.TopK(9).bytes(a) == 48
    assert distributed.Sign().bytes(a) == 9 and distributed.Sign().bytes(np.ones(17, np.float32)) == 7


@pytest.mark.parametrize("compressor", [distributed.TopK(2), distributed.Sign()])
def test_with_feedback_nothing_is_lost(compressor):
    """What was sent and what is remembered add up to what was to be sent."""
    feedback, sent, wanted = distributed.ErrorFeedback(compressor), 0, 0
    for a in some(40):
        wanted = wanted + a
        sent = sent + feedback.send([a])[0]
        assert np.allclose(sent + feedback.memory[0], wanted, rtol=1e-12, atol=1e-12)
    assert np.abs(feedback.memory[0]).max() > 0


def test_the_cost_of_a_step():
    cost = distributed.cost_model(np.array([1, 2, 4]), compute=8.0, size=100, latency=0.5, bandwidth=50.0)
    assert cost.compute.tolist() == [8, 4, 2] and cost.latency.tolist() == [0, 1, 3]
    assert cost.transfer.tolist() == [0, 2, 3] and cost.total.tolist() == [8, 7, 8]


def test_shards_differ_by_one_at_most():
    for n in range(1, 40):
        for workers in range(1, n + 1):
            cut = checks.shards(n, workers)
            lengths = [part.stop - part.start for part in cut]
            assert [i for part in cut for i in range(n)[part]] == list(range(n))
            assert len(cut) == workers and max(lengths) - min(lengths) <= 1


good, nan = [np.ones(3)], [np.array([1.0, np.nan, 0])]
BAD = {
    "nan": (lambda: distributed.allreduce_mean([good, nan], [1, 1]), "NaN or infinity from worker 1"),
    "shapes": (lambda: distributed.allreduce_mean([good, [np.ones(2)]], [1, 1]), "others on worker 1 than on worker 0"),
    "all empty": (lambda: distributed.allreduce_mean([good, good], [0, 0]), "at least one sample, got 2 empty shards"),
    "negative": (
        lambda: distributed.allreduce_mean([good, good], [1, -1]),
        "worker 1's shard to be an integer of at least 0, got -1",
    ),
    "sizes": (lambda: distributed.allreduce_mean([good, good], [1]), "one size per worker, got 2 and 1"),
    "no workers": (lambda: distributed.allreduce_mean([], []), "got 0 and 0"),
    "too few": (lambda: checks.shards(2, 3), "one sample per worker, got 2 samples for 3 workers"),
    "ring shapes": (lambda: distributed.ring_allreduce([np.ones(3), np.ones(2)]), r"one shape .*\(3,\), \(2,\)"),
    "ring of one": (lambda: distributed.ring_allreduce([np.ones(3)]), "at least two arrays"),
    "ring nan": (lambda: distributed.ring_allreduce([good[0], nan[0]]), "from worker 1"),
    "delay": (lambda: distributed.StaleGD(0.1, -1), "delay to be an integer of at least 0, got -1"),
    "every": (lambda: distributed.LocalSGD(0.1, 0), "every to be an integer of at least 1, got 0"),
    "replicas": (lambda: distributed.LocalSGD(0.1, 1).step([good, good], [good]), "of 2 workers, got 1"),
    "k": (lambda: distributed.TopK(0), "k to be an integer of at least 1, got 0"),
    "feedback nan": (lambda: distributed.ErrorFeedback(distributed.Sign()).send(nan), "got NaN or infinity"),
    "workers": (lambda: distributed.cost_model(0, compute=1, size=1, latency=0, bandwidth=1), "at least 1, got 0"),
    "bandwidth": (lambda: distributed.cost_model(2, compute=1, size=1, latency=0, bandwidth=0), "bandwidth .* above 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused(case):
    call, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        call()


def test_numbers_of_the_wrong_kind_are_refused():
    with pytest.raises(TypeError, match="delay to be an integer, got float"):
        distributed.StaleGD(0.1, 1.0)
    with pytest.raises(TypeError, match=r"such as TopK\(3\) or Sign\(\), got float"):
        distributed.ErrorFeedback(0.1)


def script(folder, text):
    path = folder / "script.py"
    path.write_text(textwrap.dedent(text), "utf-8")
    return path


PLAIN = """
    import json, os, signal, sys, time
    rank = int(os.environ["RANK"])
    if sys.argv[1] == "hang" and rank == 1:
        time.sleep(600)
    if sys.argv[1] == "kill" and rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if sys.argv[1] == "raise" and rank == 0:
        raise ValueError("a worker's own words")
    if sys.argv[1] in ("kill", "raise"):
        time.sleep(600)
    print(json.dumps([rank, os.environ["WORLD_SIZE"], json.loads(os.environ["TF_CONFIG"])["task"]["index"]]))
"""


def gone(folder):
    """Is no process left that was started with a script of this folder?"""
    import psutil

    found = [p.info["cmdline"] for p in psutil.process_iter(["cmdline"])]
    return not any(str(folder) in part for command in found for part in command or ())


@pytest.fixture
def briefly(monkeypatch):
    monkeypatch.setattr(launch, "GRACE", 0.2)


def test_a_launcher_numbers_its_workers(tmp_path):
    said = launch.launch(script(tmp_path, PLAIN), 3, "end", timeout=300)
    assert [json.loads(line) for line in said] == [[rank, "3", rank] for rank in range(3)]


@pytest.mark.parametrize(
    "what, told",
    [
        ("kill", "worker 1 of 3 was killed by SIGKILL, so the run was ended"),
        ("raise", "worker 0 of 3 ended with exit status 1.*worker 0: ValueError: a worker's own words"),
    ],
)
def test_a_launcher_says_who_ended_how_and_leaves_nobody(tmp_path, briefly, what, told):
    with pytest.raises(checks.WorkerLost, match=f"(?s){told}"):
        launch.launch(script(tmp_path, PLAIN), 3, what, timeout=300)
    assert gone(tmp_path)


def test_a_launcher_ends_who_is_silent(tmp_path):
    with pytest.raises(checks.WorkerLost, match="worker 1 of 2 did not end in time, so the run was ended"):
        launch.launch(script(tmp_path, PLAIN), 2, "hang", timeout=3)
    assert gone(tmp_path)


MEANS = """
    import importlib, json, sys
    import numpy as np
    framework = sys.argv[1]
    tensors = importlib.import_module(framework)
    from gdcourse.distributed import checks
    tensor = tensors.tensor if framework == "torch" else tensors.constant
    told, means = [], []

    def mean(group, grads, size):
        return [np.asarray(g).tolist() for g in group.allreduce_mean([tensor(g) for g in grads], size)]

    with importlib.import_module(f"gdcourse.distributed.{framework}").Workers(timeout=60) as group:
        own = np.random.default_rng(group.rank).normal(size=7)
        means.append(mean(group, [own, own[:2] * 2], 4))
        means.append(mean(group, [own, own[:2] * 2], 1 + 2 * group.rank))
        means.append(mean(group, [own * (np.nan if group.rank == 0 else 1), own[:2]], group.rank))
        for grads, size in [
            ([own * (np.inf if group.rank == 1 else 1)], 4),
            ([own[: 7 - group.rank]], 4),
            ([own], 0),
        ]:
            try:
                mean(group, grads, size)
            except ValueError as error:
                told.append(str(error))
    print(json.dumps([means, told]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("framework, workers", [("torch", 2), ("torch", 3), ("tensorflow", 2)])
def test_real_processes_agree_with_the_hand_and_refuse_together(tmp_path, framework, workers):
    said = launch.launch(script(tmp_path, MEANS), workers, framework, timeout=500)
    found = [json.loads(text.strip().splitlines()[-1]) for text in said]
    assert all(each == found[0] for each in found)
    means, told = found[0]
    own = [np.random.default_rng(rank).normal(size=7) for rank in range(workers)]
    for sizes, got, twice in (
        ([4] * workers, means[0], 2),
        ([1 + 2 * rank for rank in range(workers)], means[1], 2),
        (list(range(workers)), means[2], 1),
    ):
        expected = distributed.allreduce_mean([[a, a[:2] * twice] for a in own], sizes)
        assert all(np.allclose(a, b, rtol=1e-12, atol=1e-14) for a, b in zip(expected, got, strict=True))
    assert told == [
        "expected finite gradients, got NaN or infinity from worker 1",
        "expected the same shapes on every worker, got others on worker 1 than on worker 0",
        f"expected at least one sample, got {workers} empty shards",
    ]


TRAIN = """
    import os, signal, sys, torch
    from pathlib import Path
    from gdcourse.distributed.checks import shards
    from gdcourse.distributed.torch import Workers

    saved, dies = Path(sys.argv[1]), int(sys.argv[2])
    rng = torch.Generator().manual_seed(0)
    X = torch.randn(20, 4, generator=rng, dtype=torch.float64)
    y = X @ torch.arange(4.0, dtype=torch.float64)
    w, first = torch.zeros(4, dtype=torch.float64), 0
    if saved.exists():
        w, first = torch.load(saved)
    with Workers(timeout=60) as group:
        rows = shards(20, group.workers)[group.rank]
        for t in range(first, 8):
            if t == dies and group.rank == group.workers - 1:
                os.kill(os.getpid(), signal.SIGKILL)
            g = X[rows].T @ (X[rows] @ w - y[rows]) / len(y[rows])
            w = w - 0.1 * group.allreduce_mean([g], len(y[rows]))[0]
            if group.rank == 0:
                torch.save((w, t + 1), f"{saved}.new")
                os.replace(f"{saved}.new", saved)
    print(w.tolist())
"""


@pytest.mark.slow
def test_a_dead_worker_ends_the_run_and_a_checkpoint_lets_it_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "GRACE", 100)  # on a busy machine the others may be slow to say what they noticed
    path, saved = script(tmp_path, TRAIN), tmp_path / "saved"
    with pytest.raises(checks.WorkerLost, match=r"(?s)worker 2 of 3 was killed by SIGKILL.*lost another one"):
        launch.launch(path, 3, saved, 5, timeout=300)
    assert gone(tmp_path) and saved.exists()
    on, alone = launch.launch(path, 3, saved, -1, timeout=300), launch.launch(path, 1, tmp_path / "alone", -1)
    assert len(set(on)) == 1 and np.allclose(json.loads(on[0]), json.loads(alone[0]), rtol=1e-12, atol=0)


@pytest.mark.slow
def test_torchrun_starts_the_same_script(tmp_path):
    """The engine's own launcher, which finds a free port by itself."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*command, str(script(tmp_path, TRAIN)), str(tmp_path / "saved"), "-1"],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.split("\n")[:2]
    assert lines[0] == lines[1] and len(json.loads(lines[0])) == 4
