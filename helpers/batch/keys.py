"""Keys for a Dask cluster of one's own: `python -m helpers.batch.keys FOLDER`. With them it talks TLS, to nobody else.

Scheduler, workers and sweeps take them from there where the variable DASK_CONFIG names the folder.
"""

import argparse
import os
import sys
from pathlib import Path

import yaml
from distributed import Security


def main(arguments=None):
    """Write the folder; return the exit status: 0, or 2 if it is there already or can't be made."""
    parser = argparse.ArgumentParser(prog="python -m helpers.batch.keys", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder, under the same path on all machines")
    folder = parser.parse_args(arguments).folder.absolute()
    try:
        make(folder)
    except OSError as error:
        print(f"{folder} must be a new folder: {error.strerror}.", file=sys.stderr)
        return 2
    print(f"Set DASK_CONFIG={folder} wherever you start Dask's scheduler or workers, or a sweep on them.")
    return 0


def make(folder):
    """A new folder, for this account alone: key.pem, cert.pem, valid for a year, and the settings that name them.

    Raises OSError if it is there already or can't be made.
    """
    keys = Security.temporary()
    folder.mkdir(mode=0o700, parents=True)
    certificate, key = str(folder / "cert.pem"), str(folder / "key.pem")
    pair = {"cert": certificate, "key": key}
    tls = {"ca-file": certificate, "scheduler": pair, "worker": pair, "client": pair}
    settings = {"distributed": {"comm": {"require-encryption": True, "tls": tls}}}
    contents = {
        certificate: keys.tls_client_cert,
        key: keys.tls_client_key,
        str(folder / "dask.yaml"): yaml.dump(settings),
    }
    for path, content in contents.items():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content)


if __name__ == "__main__":
    sys.exit(main())
