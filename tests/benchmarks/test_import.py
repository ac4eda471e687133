"""What `import gdcourse` adds to `import numpy`, in milliseconds: `pytest tests/benchmarks/test_import.py`.

Prints the figure and fails nothing; at most 20 ms are asked for. Not collected by default.
"""

import subprocess
import sys

CODE = "import time, numpy; start = time.perf_counter(); import gdcourse; print(time.perf_counter() - start)"


def test_import(benchmark, capsys):
    seconds = []

    def once():
        done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
        seconds.append(float(done.stdout))

    benchmark.pedantic(once, rounds=10)
    with capsys.disabled():
        print(f"\nimport gdcourse after numpy: {1e3 * sorted(seconds)[5]:.1f} ms (asked: at most 20)")
