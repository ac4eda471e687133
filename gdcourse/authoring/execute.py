"""Run a notebook from top to bottom and measure what it costs."""

import time
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from gdcourse.execution import client, run

PEAK = """\
import resource, sys
from pathlib import Path

try:  # the high-water mark since the kernel began; getrusage's would include the process that started it
    print(int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024)
except OSError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == "darwin" else 1024))
"""
WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(
    nb: NotebookNode, *, cwd: str | Path, name: str, timeout: float = 300
) -> tuple[NotebookNode, dict[str, float]]:
    """Return (executed notebook, {"seconds", "megabytes"}). An error in a cell raises `RuntimeError` with its text.

    One thread, so that figures are the same everywhere. Widgets leave no stored output: they live only with a kernel.
    """
    nb.cells.append(nbformat.v4.new_code_cell(PEAK))
    start = time.perf_counter()
    run(client(nb, cwd=cwd, timeout=timeout))
    seconds = round(time.perf_counter() - start, 1)
    megabytes = int(nb.cells.pop().outputs[0].text)
    for cell in nb.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                raise RuntimeError(f"{name}: {output.ename}: {output.evalue}\nin the cell\n{cell.source}")
            if output.get("name") == "stderr":
                raise RuntimeError(
                    f"{name}: a lesson prints no warning, got\n{output.text}\nfrom the cell\n{cell.source}"
                )
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
    nb.metadata.pop("widgets", None)
    return nb, {"seconds": seconds, "megabytes": megabytes}
