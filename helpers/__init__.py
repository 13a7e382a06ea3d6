"""The small module that the notebooks call. `import helpers` itself imports no TensorFlow."""

import os

# TensorFlow reads both while it is imported. Without them it writes log lines into the notebook;
# oneDNN's kernels would also let the rounding depend on the processor.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
