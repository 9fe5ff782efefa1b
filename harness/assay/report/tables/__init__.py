"""Which rows and columns are shown, in which order, for tokenizers, attention and growth."""
