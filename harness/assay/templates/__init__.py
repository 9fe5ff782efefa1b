"""What `assay new-plugin` writes: one whole plugin of each kind, and the project around it.

The modules are real ones, linted and type-checked where they lie; `$name` and its like stand in texts only.
"""
