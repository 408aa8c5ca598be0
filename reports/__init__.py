"""Reports: what a run of the harness found, as values, and the writers that put it down."""
