"""The model as a finite graph, within bounds: what the systematic engines walk along."""
