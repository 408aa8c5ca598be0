"""Verified fakes in C: one implementation of our own, compiled again and again with one difference.

Wait contexts here keep a journal in which births and deaths of associations are numbered; what
changed is a comparison of numbers, and nothing is like the list with flags that OpenSSL keeps.
``catalogue.toml`` says what can be built, `waitctx.fakes.build` compiles it.
"""
