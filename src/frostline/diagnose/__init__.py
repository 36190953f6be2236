"""Causes: from a case to findings. Never trains: it returns experiments and is given outcomes."""
