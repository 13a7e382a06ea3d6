"""The small module that the notebooks call. `import helpers` itself imports no TensorFlow."""

import os

# TensorFlow reads these while it is imported. Without the first two it writes log lines into the notebook; oneDNN's
# kernels would also let the rounding depend on the processor. The third: our graph is a chain of small operations, and
# passing them from thread to thread costs more than it gains (a large operation still uses every core).
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
