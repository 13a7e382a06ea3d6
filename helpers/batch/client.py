"""papermill's client with what batches need: output in linear time and at most so much of it, and true time limits.

nbclient joins a cell's output when it has ended, in a time that grows with the square of a line's length. It takes
output that still comes four seconds after the end for lost, and doesn't look at the clock while output pours.
"""

import asyncio
from queue import Empty
from time import monotonic

from nbclient.exceptions import CellExecutionComplete, CellTimeoutError
from nbclient.util import ensure_async, run_sync
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.log import logger

from helpers.batch.outputs import Outputs, shortened

ENGINE = "helpers.batch"  # its name for papermill
SILENCE = 60  # seconds without a word from a kernel that has ended a cell, but not the cell's output


class OutputTimeoutError(RuntimeError):
    """A cell has ended in time, its output has not."""


class Client(PapermillNotebookClient):
    """Executes the cells of one notebook.

    output_limit: how many characters of a cell's output are stored. seconds: for a cell with its output; None: any.
    """

    def __init__(self, manager, output_limit, seconds, **options):
        super().__init__(manager, iopub_timeout=10**9, **options)  # the wait for a cell's output ends as said here
        self._limit = output_limit
        self._seconds = int(seconds) if seconds and not seconds % 1 else seconds  # messages say "4 seconds", not "4.0"

    def _get_timeout(self, cell):
        return self._seconds

    async def async_execute_cell(self, cell, cell_index, **options):
        self._outputs = Outputs(self._limit)
        self._deadline = monotonic() + (self._seconds or float("inf"))
        try:
            return await super().async_execute_cell(cell, cell_index, **options)
        except (CellTimeoutError, OutputTimeoutError):
            self.shutdown_kernel = "immediate"  # it is busy, and would not hear
            raise
        finally:
            self._outputs.close(cell.get("outputs", []))

    execute_cell = run_sync(async_execute_cell)

    async def _async_poll_output_msg(self, parent_msg_id, cell, cell_index):
        heard = monotonic()
        while True:
            await asyncio.sleep(0)  # however fast messages come, the clock and the kernel's end are looked at
            try:
                message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=1))
                heard = monotonic()
            except Empty:
                message = None
            if monotonic() > self._deadline:  # that a cell still runs is noticed elsewhere
                so_far = self._outputs.size + self._outputs.left_out
                after = f"after {self._seconds} seconds ({so_far:,} characters so far)"
                raise OutputTimeoutError(f"The cell had ended, but its output was still coming {after}.")
            if message is None:
                if "shell.execute_reply" in cell.metadata["execution"] and monotonic() > heard + SILENCE:
                    raise OutputTimeoutError(
                        f"The cell had ended, but the end of its output did not come for {SILENCE} s."
                    )
                continue
            if message["parent_header"].get("msg_id") == parent_msg_id:
                try:
                    self.process_message(message, cell, cell_index)
                except CellExecutionComplete:
                    return

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] == "error":
            msg["content"] = shortened(msg["content"])
        elif msg["msg_type"] in ("display_data", "execute_result"):
            if self.clear_before_next_output:
                self._outputs.clear()
            if not self._outputs.take(msg["content"]):
                return None
        elif msg["msg_type"] == "update_display_data" and not self._outputs.take(msg["content"], instead=True):
            return None
        return super().process_message(msg, cell, cell_index)

    def clear_output(self, outs, msg, cell_index):
        super().clear_output(outs, msg, cell_index)
        if not outs:
            self._outputs.clear()

    def output(self, outs, msg, display_id, cell_index):
        """Append an output to `outs`; of a stream that is there already, put the text with the rest of it."""
        if msg["msg_type"] != "stream" or self.output_hook_stack[msg["parent_header"].get("msg_id")]:
            return super().output(outs, msg, display_id, cell_index)
        if self.clear_before_next_output:
            self._outputs.clear()
        name, text = msg["content"]["name"], msg["content"]["text"]
        if not self._outputs.has(name):
            msg["content"]["text"] = ""
            self._outputs.open(name, super().output(outs, msg, display_id, cell_index))
        self._outputs.write(name, text)
        return None


class Engine(NBClientEngine):
    """Executes with `Client`, and hands over the notebook that it works on: an error leaves it as far as it came."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man, kernel_name, output_limit, hand_over, execution_timeout=None, start_timeout=60, log_output=False,
        input_path=None, stdout_file=None, stderr_file=None, **options,
    ):  # fmt: skip
        hand_over(nb_man.nb)
        options |= {"kernel_name": kernel_name, "startup_timeout": start_timeout, "log": logger}
        Client(nb_man, output_limit, execution_timeout, **options).execute()


papermill_engines.register(ENGINE, Engine)
