"""It keeps the rules that Assay relies on: one case for each."""

from assay.testkit import conformance

test_conforms = conformance("$name", kind="$kind")
