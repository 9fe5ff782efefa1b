"""Carrying out a plan: a worker process for each plugin, sampled in interleaved rounds."""
