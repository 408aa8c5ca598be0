"""Adapters: they carry programs to one kind of implementation and bring observations back."""
