"""The harness: clauses, model, judge, engines, adapters and the command line."""
