"""Where the OpenSSL of this machine's Python is."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Final

from .base import TargetError

#: Prints the file of the libcrypto that `ssl` and `hashlib` brought into the process; failing that
#: (a Python that has OpenSSL built in, or none) of the one that the loader finds by name.
_SCRIPT: Final = """
import ctypes, ctypes.util

def mapped():
    with open("/proc/self/maps", errors="surrogateescape") as maps:
        for line in maps:
            *_, path = line.rstrip("\\n").split(maxsplit=5)
            if path.rpartition("/")[2].startswith("libcrypto"):
                return path

for name in "_hashlib", "_ssl":
    try:
        __import__(name)
    except ImportError:
        pass
path = mapped()
if path is None and (name := ctypes.util.find_library("crypto")):
    ctypes.CDLL(name)
    path = mapped()
print(ascii(path or ""))
"""


def find_openssl() -> str:
    """Give the path of the libcrypto that this Python uses, else of the system's.

    Looked up in another process, so that this one is not made to load any.

    Raises:
        TargetError: there is none.
    """
    run = subprocess.run(
        [sys.executable, "-I", "-c", _SCRIPT], capture_output=True, text=True, check=False
    )
    path = str(ast.literal_eval(run.stdout)) if run.returncode == 0 else ""
    if not path:
        message = "no libcrypto was found: this Python has none of its own, nor has the system"
        raise TargetError(message, "Install OpenSSL 1.1 or later, or name a library by its path.")
    return path
