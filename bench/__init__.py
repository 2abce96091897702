"""Benchmarks: what Tacenda costs on top of the bare engine, side by side in one run."""
