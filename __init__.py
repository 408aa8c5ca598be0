"""Conformance harness for OpenSSL's asynchronous wait contexts (``ASYNC_WAIT_CTX_*``).

The root holds nothing but the version. The parts are ``waitctx.conformance`` (clauses, model,
judge, engines, adapters and the command line), ``waitctx.reference``, ``waitctx.fakes`` and
``waitctx.reports``.
"""

__version__ = "0.1.0"
