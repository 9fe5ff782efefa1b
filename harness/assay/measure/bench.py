"""The measuring loop: check first, then time, and turn whatever happens into a measurement."""

from __future__ import annotations

import contextlib
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from assay import clock
from assay.contracts import AttentionPlugin, Provided, TokenizerPlugin
from assay.corpus import divide, find, load
from assay.errors import AssayError, Unavailable, UnknownToken
from assay.host import Host
from assay.measure.attention import AttentionSubject
from assay.measure.subject import Operation, Subject
from assay.measure.tokenizer import TokenizerSubject
from assay.metrics import speeds
from assay.records import AttentionCase, Case, Measurement, Metric, Sample, Status, Timing
from assay.workload import TextSource

if TYPE_CHECKING:
    from assay.inputs import EmbeddedText

FEWEST_SAMPLES = 5


class Bench:
    """Measures cases with the plugins of a host; texts that several cases share are made once."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._texts: dict[TextSource, EmbeddedText] = {}

    def measure(self, case: Case, budget_s: float) -> Measurement:
        """Measure one case, timing for about `budget_s` seconds; only Ctrl-C comes out as an exception."""
        plugin: TokenizerPlugin | AttentionPlugin
        if isinstance(case, AttentionCase):
            plugin = self.host.one(AttentionPlugin, case.attention)
            reason = _unsupported(plugin, case)
            if reason is not None:
                return Measurement(case=case, status=Status.UNSUPPORTED, reason=reason)
        else:
            plugin = self.host.one(TokenizerPlugin, case.tokenizer)
        metrics: tuple[Metric, ...] = ()
        timings: tuple[Timing, ...] = ()
        try:
            with contextlib.redirect_stdout(sys.stderr):
                self._need(plugin)
                subject = self._subject(case)
                metrics = subject.check()
                operations = subject.operations()
                for operation in operations:
                    timing = _time(operation, budget_s / len(operations))
                    timings += (timing,)
                    metrics += speeds(timing, tokens=operation.tokens, size=operation.size)
        except KeyboardInterrupt:
            raise
        except Unavailable as error:
            return Measurement(case=case, status=Status.SKIPPED, reason=error.message, remedy=error.remedy)
        except BaseException as error:  # a plugin may raise SystemExit, or a panic that is no Exception
            return Measurement(
                case=case,
                status=Status.FAILED,
                reason=_reason(error),
                remedy=error.remedy if isinstance(error, AssayError) else None,
                expected=isinstance(error, UnknownToken) and getattr(plugin, "closed_vocabulary", False),
            )
        return Measurement(case=case, status=Status.OK, metrics=metrics, timings=timings)

    def _subject(self, case: Case) -> Subject:
        if isinstance(case, AttentionCase):
            source = case.workload.source
            text = None if source is None else self._text(source)
            return AttentionSubject(self.host.one(AttentionPlugin, case.attention), case, text)
        parts = divide(find(self.host, case.corpus), case.held_out)
        return TokenizerSubject(self.host.one(TokenizerPlugin, case.tokenizer), parts)

    def _text(self, source: TextSource) -> EmbeddedText:
        from assay.inputs import EmbeddedText

        if source not in self._texts:
            plugin = self.host.one(TokenizerPlugin, source.tokenizer)
            self._need(plugin)
            documents = load(find(self.host, source.corpus))
            tokenizer = plugin.build("\n".join(document.text for document in documents))
            ids = [value for document in documents for value in tokenizer.encode(document.text)]
            self._texts[source] = EmbeddedText(ids, tokenizer.vocab_size)
        return self._texts[source]

    def _need(self, plugin: Provided) -> None:
        missing = self.host.missing(plugin)
        if missing is not None:
            raise Unavailable(f"{plugin.name} {missing.what}", remedy=missing.remedy)


def _unsupported(plugin: AttentionPlugin, case: AttentionCase) -> str | None:
    try:
        return plugin.unsupported(case.workload)
    except Exception as error:
        return f"the plugin could not say: {_reason(error)}"


def _time(operation: Operation, budget_s: float) -> Timing:
    with operation.context():
        loops = clock.calibrate(operation.call)
        samples: list[Sample] = []
        end = time.perf_counter() + budget_s
        while len(samples) < FEWEST_SAMPLES or time.perf_counter() < end:
            samples.append(clock.read(operation.call, loops))
    return Timing(name=operation.name, samples=tuple(samples))


def _reason(error: BaseException) -> str:
    """One line: what was raised and, unless it is a sentence of ours, where."""
    text = " ".join(str(error).split())
    if isinstance(error, AssayError):
        return " ".join(error.message.split())
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {text}{place}" if text else f"{type(error).__name__}{place}"
