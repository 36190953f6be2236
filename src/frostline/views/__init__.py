"""Named, serialisable chains of image filters, applied before the input contract."""
