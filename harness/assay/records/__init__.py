"""Frozen records that cross package borders, the metric catalogue, and their JSON form. No logic of measuring."""
