"""Results of Python objects: as the native driver's words, but with JSON after the first word.

A Python object can answer anything, so that words for symbols and numbers do not suffice. Nothing
that comes from it is ever executed: no pickle. Pure.
"""

from __future__ import annotations

import json
from struct import pack
from typing import Final

from waitctx.conformance.observations import Observation, ObservationError
from waitctx.conformance.remembered import Remembered

from .words import WORD_SIZE, WordsError

#: Only results that are so long are remembered, for they can be of any length; in bytes.
_MAX_LENGTH: Final = 1 << 12
#: A longer record is refused, in bytes.
MAX_RECORD: Final = 1 << 20


_text: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


class _Encoded(Remembered[Observation, bytes]):
    """The record of every observation seen so far: they recur."""

    def __missing__(self, observation: Observation) -> bytes:
        events = [[one.routine, *one.arguments] for one in observation.events]
        text = _text([observation.answers, events]).encode()
        words = -(-len(text) // WORD_SIZE)
        record = pack("=q", words) + text.ljust(words * WORD_SIZE)
        if len(record) <= _MAX_LENGTH:
            self.remember(observation, record)
        return record


_encoded: Final = _Encoded()


def encode_observation(observation: Observation) -> bytes:
    """Write one observation: the number of words that follow, and its JSON padded with blanks."""
    return _encoded[observation]


class PythonRecords(Remembered[bytes, Observation]):
    """The observation of every result seen so far."""

    def __missing__(self, record: bytes) -> Observation:
        if len(record) > MAX_RECORD:
            raise WordsError("a result is longer than any answer")
        try:
            answers, events = json.loads(record[WORD_SIZE:])
            observation = Observation.from_json({**dict(answers), "events": events})
        except (ValueError, TypeError, RecursionError, ObservationError) as error:
            raise WordsError("a result holds what no object can answer") from error
        if len(record) <= _MAX_LENGTH:
            self.remember(record, observation)
        return observation


PYTHON_RECORDS: Final = PythonRecords()
