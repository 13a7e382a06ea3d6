"""Notebooks without a browser: one by one, or a hundred times on many machines. `python -m helpers.batch --help`."""

import sys

# Without it, jsonschema doesn't check a format that no notebook has. With it, each of our processes would compile a
# grammar for a second when it imports nbformat.
sys.modules.setdefault("rfc3987_syntax", None)
