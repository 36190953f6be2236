"""Measurements that the README quotes: ``make bench``. See README.md beside this file."""
