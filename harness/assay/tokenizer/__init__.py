"""Tokenizer knowledge: words, fertility and other figures, alignment of tokens with text, fuzz strings."""
