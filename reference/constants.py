"""The constants of the header: what ASYNC_start_job answers, and the four statuses (CONST-01)."""

from __future__ import annotations

from typing import Final

ASYNC_ERR: Final = 0
ASYNC_NO_JOBS: Final = 1
ASYNC_PAUSE: Final = 2
ASYNC_FINISH: Final = 3

ASYNC_STATUS_UNSUPPORTED: Final = 0
ASYNC_STATUS_ERR: Final = 1
ASYNC_STATUS_OK: Final = 2
ASYNC_STATUS_EAGAIN: Final = 3
