"""The record that each finished run leaves: read again, and checked, for anybody may have changed it."""

from helpers.batch import marker

KINDS = {
    "name": str, "notebook": str, "sha256": str, "parameters": dict, "results": dict, "error": dict | None,
    "seconds": int | float, "versions": dict, "files": dict,
}  # fmt: skip


def read(path):
    """A record; None if there is none, or if it is no longer whole."""
    record = marker.content(path)
    whole = (
        isinstance(record, dict)
        and all(key in record and isinstance(record[key], kind) for key, kind in KINDS.items())
        and all(isinstance((record["error"] or {}).get(key, ""), str) for key in ("cell_id", "where", "what"))
        and marker.are_inside([record["name"], *record["files"]])
    )
    return record if whole else None


def files(record):
    """The files of a run, name -> bytes (None: any); its record comes last, for with it the run counts as finished."""
    return record["files"] | {f"{record['name']}.json": None}
