"""Two versions or two runs side by side: what changed, by how much, and whether that is more than noise."""
