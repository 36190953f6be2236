"""Activations of frozen prefixes: computed once per image, at the machine's limit, and kept on disk."""

from frostline.activations.activations import Activations
from frostline.activations.extract import extract
from frostline.activations.key import ActivationKey
from frostline.activations.store import ActivationStore

__all__ = ["ActivationKey", "ActivationStore", "Activations", "extract"]
