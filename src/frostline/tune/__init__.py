"""What is trained by gradient descent: dense heads on cached features."""

from frostline.tune.head import DenseHeadTrainer, EpochMeasures, TrainedHead, epochs_to_95_percent

__all__ = ["DenseHeadTrainer", "EpochMeasures", "TrainedHead", "epochs_to_95_percent"]
