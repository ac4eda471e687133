"""Run a notebook's cells in a kernel of its own."""

import os

# One thread: two busy kernels with several threads each stall one another on a small machine.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
# Sums in longer vectors round otherwise, and a long run can end elsewhere. Stored outputs are those of AVX2, on every x86
# processor that has it; a learner's kernel uses what there is.
SAME_VECTORS = {
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}


def client(nb, *, cwd, timeout, **options):
    """Return an `nbclient.NotebookClient` for ``nb`` that runs in the folder ``cwd``; timeout: seconds per cell."""
    from nbclient import NotebookClient  # here, since most commands run no notebook

    return NotebookClient(
        nb,
        kernel_name="python3",
        timeout=timeout,
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(cwd)}},
        **options,
    )


def run(notebook_client):
    """Execute every cell of a client's notebook, then end its kernel."""
    return notebook_client.execute(env={**os.environ, **SAME_VECTORS, **ENVIRONMENT})
