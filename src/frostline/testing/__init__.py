"""Tiny backbones, synthetic folders and conformance suites for the extension points."""
