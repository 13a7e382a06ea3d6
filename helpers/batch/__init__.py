"""Notebooks without a browser: one by one, or a hundred times on many machines. `python -m helpers.batch --help`."""
