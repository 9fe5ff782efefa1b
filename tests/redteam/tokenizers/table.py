"""What must become of each tokenizer of the red team, as `redteam.table` says it of attentions."""

from __future__ import annotations

from redteam.case import accepted, refused, told

ON = "the-verdict"
CLAIM = "it claims"
LOST = "it promises a lossless round trip"
AGAIN = "... encodes to other ids"
SECOND = "... has other ids in a second process"
TIMED = "a timed call"
BACK = "the ids of"
GROWS = "memory grows"
CACHED = "caches_whole_texts"

ADDED = (
    *(
        refused(f"added-eats-{what}", ON, CLAIM)
        for what in ("space-after", "space-before", "two-spaces", "space-unlisted")
    ),
    *(refused(f"added-eats-newline-{where}", ON, CLAIM) for where in ("after", "before")),
    refused("added-eats-tabs", ON, LOST),
    refused("added-unknown", ON, CLAIM),
    refused("added-unknown-unlisted", ON, CLAIM),
    refused("added-in-any-case", ON, CLAIM),
    refused("added-twice-is-once", ON, CLAIM),
    refused("added-cut", ON, CLAIM),
    refused("added-only-alone", ON, CLAIM),
    refused("special-outside", ON, "the id of"),
    refused("unknown-outside", ON, "unk_id"),
)
LOSSY = (
    refused("strips-beginning", ON, LOST),
    refused("strips-last-newline", ON, LOST),
    refused("decodes-one-space-less", ON, LOST),
    refused("normalizes-quietly", ON, LOST),
    refused("loses-returns-when-long", ON, BACK),
    refused("cap-128", ON, "a text of"),
    refused("cap-4096", ON, "a text of"),
    refused("cap-20000", ON, "a text of"),
    refused("cap-of-characters", ON, "a text of"),
    refused("caps-and-pads", ON, "a text of"),
    refused("no-tokens", ON, "a text of"),
    refused("no-tokens-when-long", ON, "a text of"),
    refused("one-token", ON, "a text of"),
    refused("bytes-of-decode", ON, "the tokens of"),
    refused("bytes-of-another", ON, "the tokens of"),
    refused("bytes-without-space", ON, "the tokens of"),
    refused("insane-size", ON, "vocab_size"),
    refused("size-beyond-decode", ON, "vocab_size"),
    refused("size-too-small", ON, "id "),
)
UNSTEADY = (
    refused("ids-by-hash", ON, SECOND),
    refused("ids-by-set-order", ON, SECOND),
    refused("ids-by-process", ON, SECOND),
    refused("ids-by-time-built", ON, SECOND),
    refused("ids-by-clock", ON, f"{AGAIN}|{SECOND}"),
    refused("ids-by-random", ON, f"{AGAIN}|{SECOND}"),
    refused("ids-by-text-before", ON, LOST),
    refused("wrong-every-7th", ON, AGAIN),
    refused("wrong-when-timed", ON, f"{AGAIN}|{TIMED}"),
    refused("wrong-id-when-timed", ON, f"{AGAIN}|{TIMED}"),
    refused("decode-remembers-ids", ON, BACK),
    refused("decode-remembers-object", ON, LOST),
    refused("decode-gives-last-text", ON, BACK),
    refused("decode-adds-calls", ON, LOST),
    refused("grows-1-mb", ON, GROWS),
    refused("grows-50-kb", ON, GROWS),
    refused("decode-grows", ON, GROWS),
    told("keeps-ids", ON, "call_growth_bytes", least=4096),
)
CACHES = (
    *(
        told(f"cache-{what}", ON, CACHED, least=1)
        for what in ("of-texts", "by-digest", "lru", "of-last-text", "of-lines", "of-paragraphs")
    ),
    told("cache-of-decoded", ON, "decode_repeat_speedup", least=3),
    refused("fresh-gets-another", ON, LOST),
    refused("fresh-gets-another-lossy", ON, TIMED),
    refused("fresh-gets-half", ON, TIMED),
    refused("fresh-gets-60-percent", ON, TIMED),
)
ANSWERS = (
    refused("lazy-when-timed", ON, TIMED),
    refused("lazy-list-when-timed", ON, TIMED),
    refused("gives-generator", ON, "encode gives"),
    refused("gives-floats", ON, "encode gives"),
    refused("gives-texts", ON, "encode gives"),
    refused("gives-nested", ON, "encode gives"),
    refused("gives-dict", ON, "encode gives"),
    refused("decodes-to-bytes", ON, "decode gives"),
    refused("one-list-for-all", ON, "fresh text"),
    refused("one-list-for-all-lossy", ON, TIMED),
    refused("thread-fills-list", ON, AGAIN, harmless=True),
    refused("child-encodes", ON, "children|clock|it left"),
    refused("turns-clock", ON, "it changed"),
    refused("turns-bound-clock", ON, "it changed"),
    told("adds-both-ends", ON, "added_ids_per_text", least=2),
    told("adds-beginning", ON, "added_ids_per_text", least=1),
)
RIGHT = accepted(
    ON,
    "tokens-right added-right added-listed added-unlisted added-before-unassigned right-eats-space "
    "right-word-cache right-strict-bytes right-strips-pads right-lower-case right-half-of-it right-closed "
    "right-unknown right-tuple right-array right-numpy right-lazy right-slow right-unassigned "
    "right-setup-in-first-call right-batches right-spaced",
)
KINDS = {
    "Tokenizers: added tokens": ADDED,
    "Tokenizers: lost text, bytes and sizes": LOSSY,
    "Tokenizers: unsteady ids, memory": UNSTEADY,
    "Tokenizers: caches, fresh texts": CACHES,
    "Tokenizers: answers, clocks, children": ANSWERS,
    "Tokenizers: right": RIGHT,
}
CASES = tuple(case for cases in KINDS.values() for case in cases)
