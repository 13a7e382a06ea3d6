"""The small module that the notebooks call. `import helpers` itself imports no TensorFlow."""

import os

# TensorFlow reads these while it is imported. oneDNN's convolutions take a quarter of the time of TensorFlow's own; by
# default only some processors get them. Its log lines go where notebooks show them. The third: our graphs are chains of
# small operations, and passing them from thread to thread costs more than it gains (a large operation still uses every
# core).
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
