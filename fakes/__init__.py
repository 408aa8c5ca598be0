"""Verified fakes: implementations that conform in every way but the one that each states."""
