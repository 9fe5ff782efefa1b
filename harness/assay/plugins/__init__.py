"""The plugin host: hook specifications, descriptors, discovery, validation, and why a plugin cannot be used."""
