"""The rules of each kind of plugin: one check function for each rule, listed in CHECKS."""
