"""Attention as mathematics: inputs, the float64 reference, what must hold of any output, and how far it may be off."""
