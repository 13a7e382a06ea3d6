"""The project's own code on the page of a notebook, so that there is no second copy of it."""

import inspect
from textwrap import dedent

from IPython.display import display


def show_code(*functions):
    """Show the code of functions as it stands in their files."""
    code = "\n\n".join(dedent(inspect.getsource(function)).strip() for function in functions)
    display({"text/markdown": f"```python\n{code}\n```", "text/plain": code}, raw=True)
