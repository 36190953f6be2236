"""What identifies an activation in the cache, beside the image's content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from frostline.backbones.backbone import Pooling
from frostline.core.hashing import hash_json
from frostline.records import InputContract, to_json

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class ActivationKey:
    """Everything that decides the value of an activation, except the image. One folder of the cache per key.

    Attributes:
        backbone: name of the network.
        weights: digest of its weights.
        graph_flags: arguments of the network's builder.
        contract: input contract, resize policy included.
        cut: name of the cut.
        pooling: ``mean`` ``(c,)``, ``none`` ``(h, w, c)`` or ``moments`` ``(2, c)`` per image.
        engine: what ran the network.
        precision: in which number format it computed.
        view: canonical text of the view's filters; empty for none.
        augmentation_seed: None for no augmentation.
        format: version of the files' format.
    """

    backbone: str
    weights: str
    graph_flags: Mapping[str, str | int | float | bool]
    contract: InputContract
    cut: str
    pooling: Pooling
    engine: str
    precision: str
    view: str = ""
    augmentation_seed: int | None = None
    format: int = FORMAT_VERSION

    @property
    def digest(self) -> str:
        """40 hexadecimal digits: the name of the key's folder."""
        return hash_json(to_json(self))[:40]

    def at(self, cut: str) -> ActivationKey:
        """The same key for another cut."""
        return replace(self, cut=cut)
