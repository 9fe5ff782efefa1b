"""Run a plan: a worker process for each plugin, sampled in interleaved, counterbalanced rounds."""
