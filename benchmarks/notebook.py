"""Execute one notebook; print its seconds and the peak memory of its kernel.

usage: notebook.py NOTEBOOK
"""

import json
import os
import resource
import sys
import tempfile
import time

import papermill

with tempfile.TemporaryDirectory() as folder:
    start = time.perf_counter()
    papermill.execute_notebook(
        sys.argv[1], os.path.join(folder, "executed.ipynb"), {"figures": folder}, progress_bar=False
    )
    seconds = time.perf_counter() - start
# The kernel is this process's only child. Linux counts in KiB.
print(json.dumps({"seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6}))
