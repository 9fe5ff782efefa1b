"""The worker process, and the protocol that the host speaks with it."""
