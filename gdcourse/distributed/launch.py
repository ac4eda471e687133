"""Start the workers of one run on this machine, and end all of them when one ends badly."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from gdcourse import _check
from gdcourse.distributed.checks import WorkerLost

GRACE = 5.0  # seconds that the others have to say what they noticed, once one has failed


def launch(script, workers, *arguments, timeout=120):
    """Run `python script arguments` in so many processes, and return what each printed, a list of strings.

    Each finds its number and the others in its environment, as `torchrun` has it (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT)
    and as TensorFlow has it (TF_CONFIG), on ports that are free. If one fails or is killed, the others have five seconds to
    notice; then they are ended too, and `WorkerLost` says who ended how. timeout: seconds for the whole run.
    """
    workers, end = _check.whole("workers", workers, 1), time.monotonic() + timeout
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        ports, running = _free_ports(workers + 1), []
        stack.callback(lambda: [_end(process) for process in running])
        for rank in range(workers):
            with (Path(folder) / f"{rank}.txt").open("w") as printed:
                command = [sys.executable, str(script), *map(str, arguments)]
                environment = os.environ | _environment(rank, workers, ports)
                running.append(subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT, env=environment))
        told = _wait(running, end)
        said = [(Path(folder) / f"{rank}.txt").read_text("utf-8", "replace") for rank in range(workers)]
    if told:
        last = [f"worker {rank}: {(text.strip().splitlines() or ['(nothing)'])[-1]}" for rank, text in enumerate(said)]
        raise WorkerLost("\n".join([told, "What each printed last:", *last]))
    return said


def _wait(running, end):
    """Return "" when all have ended well, else what went wrong first; by then nobody runs any more."""
    told, until = "", end
    while any(process.poll() is None for process in running) and time.monotonic() < until:
        told = told or _failed(running)
        until = min(until, time.monotonic() + GRACE) if told and until == end else until
        time.sleep(0.02)
    silent = [rank for rank, process in enumerate(running) if process.poll() is None]
    told = told or _failed(running)
    if silent and not told:
        told = f"worker {', '.join(map(str, silent))} of {len(running)} did not end in time, so the run was ended"
    for process in running:
        _end(process)
    return told


def _failed(running):
    """Return who has failed and how, one that was killed before one that gave up; "" if nobody has."""
    failed = [(process.poll(), rank) for rank, process in enumerate(running) if process.poll()]
    if not failed:
        return ""
    code, rank = min(failed)
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"
    return f"worker {rank} of {len(running)} {how}, so the run was ended"


def _end(process):
    if process.poll() is None:
        process.kill()
    process.wait()


def _free_ports(count):
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _environment(rank, workers, ports):
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports[1:]]}
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(workers),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(ports[0]),
        "TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": rank}}),
    }
