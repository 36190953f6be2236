"""Errors, registry, atomic store, hashes, progress, optional imports. Imports nothing else of Frostline."""
