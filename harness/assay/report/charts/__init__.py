"""Charts: how they look, and what draws them."""
