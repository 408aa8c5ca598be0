"""Engines: sources of programs."""
