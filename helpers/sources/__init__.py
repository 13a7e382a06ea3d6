"""Where data comes from, MNIST apart: a reader's arrays in a file, a reader's pictures in a folder."""
