"""Tacenda: a durable orchestrator for coordinated vulnerability disclosure."""

__version__ = "0.6.0"
