"""Discovery: bad plugins are really installed beside good ones, and each costs only itself."""

from __future__ import annotations

import os
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import assay
import assay_attention
import assay_peers
import assay_plain
import assay_regex
import assay_tiktoken
from assay.errors import AssayError
from assay.plugins.process_state import changes, state

Install = Callable[..., Path]

TOKENIZER = """
import assay

class Bytes:
    vocab_size, unk_id = 256, None

    def encode(self, text):
        return list(text.encode("utf-8"))

    def decode(self, ids):
        return bytes(ids).decode("utf-8")

def tokenizer(name):
    return assay.TokenizerPlugin(name=name, summary="one id a byte", build=lambda text: Bytes())
"""
FIRST_PARTY = {
    plugin.name
    for package in (assay_regex, assay_tiktoken, assay_plain, assay_peers)
    for plugin in package.assay_tokenizers()
}
ATTENTIONS = {plugin.name for plugin in assay_attention.assay_attentions()}


def module(hooks: str) -> str:
    """The source of a plugin: the tokenizer above, and some hooks."""
    return TOKENIZER + textwrap.dedent(hooks)


def announcing(*names: str) -> str:
    """The source of a good plugin with tokenizers of these names."""
    return module(f"""
        @assay.hookimpl
        def assay_tokenizers():
            for name in {names!r}:
                yield tokenizer(name)
    """)


def tokenizers(host: assay.Host) -> set[str]:
    return {plugin.name for plugin in host.every(assay.TokenizerPlugin)}


@pytest.fixture
def good(install: Install) -> None:
    install("good-dist", "1.0", {"good": "good_plugin"}, {"good_plugin": announcing("good")})


BAD = {
    "import error": (
        'raise ImportError("the tea is cold")',
        "import",
        "ImportError: the tea is cold",
        "--block bad-dist:bad",
    ),
    "missing module": (
        "import tea_and_biscuits",
        "import",
        "ModuleNotFoundError: No module named 'tea_and_biscuits'",
        "pip install what provides 'tea_and_biscuits'",
    ),
    "syntax error": ("def (:", "import", "SyntaxError: ", "--block bad-dist:bad"),
    "exit on import": ("raise SystemExit(3)", "import", "SystemExit: 3", "--block bad-dist:bad"),
    "panic on import": (
        "class Panic(BaseException): pass\nraise Panic('rust')",
        "import",
        "Panic: rust",
        "--block bad-dist:bad",
    ),
    "misspelt hook": (
        "import assay\n@assay.hookimpl\ndef assay_tokenisers(): return []",
        "register",
        "it has 'assay_tokenisers', which is no hook; did you mean assay_tokenizers?",
        "the hooks are assay_corpora, assay_tokenizers, assay_attentions",
    ),
    "no hook": ("def assay_tokenizers(): return []", "register", "assay_tokenizers is not marked", "@assay.hookimpl"),
    "wrong argument": (
        "import assay\n@assay.hookimpl\ndef assay_tokenizers(config): return []",
        "register",
        "assay_tokenizers takes no arguments, and here it has config",
        "without arguments",
    ),
    "hook that raises": (
        "import assay\n@assay.hookimpl\ndef assay_tokenizers(): raise ValueError('too late')",
        "assay_tokenizers",
        "ValueError: too late",
        "--block bad-dist:bad",
    ),
    "hook that exits": (
        "import assay\n@assay.hookimpl\ndef assay_corpora(): raise SystemExit",
        "assay_corpora",
        "SystemExit",
        "--block bad-dist:bad",
    ),
    "None instead of descriptors": (
        "import assay\n@assay.hookimpl\ndef assay_attentions(): pass",
        "assay_attentions",
        "it returned NoneType, not an iterable of AttentionPlugin",
        "assay_attentions yields AttentionPlugin objects",
    ),
    "wrong type": (
        "import assay\n@assay.hookimpl\ndef assay_tokenizers(): yield 'gpt5'",
        "assay_tokenizers",
        "it yielded str, not TokenizerPlugin",
        "assay_tokenizers yields TokenizerPlugin objects",
    ),
    "class that cannot be made": (
        "class Plugin:\n    def __init__(self, config): pass\nplugin = Plugin",
        "import",
        "TypeError: ",
        "--block bad-dist:bad",
    ),
    "None as plugin": ("plugin = None", "register", "its entry point is None", "the hooks are"),
}

SAID = {"import": "cannot be imported", "register": "cannot be registered"}


@pytest.mark.parametrize(("source", "stage", "message", "remedy"), BAD.values(), ids=BAD)
@pytest.mark.usefixtures("good")
def test_a_bad_plugin_is_a_named_failure_and_costs_only_itself(
    install: Install, source: str, stage: str, message: str, remedy: str
) -> None:
    target = "bad_plugin:plugin" if "plugin =" in source else "bad_plugin"
    install("bad-dist", "6.6", {"bad": target}, {"bad_plugin": source})
    host = assay.discover()
    (failure,) = host.failures
    assert (failure.origin.distribution, failure.origin.version, failure.origin.entry_point) == (
        "bad-dist",
        "6.6",
        "bad",
    )
    assert failure.stage == stage
    assert message in failure.message
    assert remedy in failure.remedy
    assert str(failure).startswith(f"plugin bad-dist 6.6 (bad) {SAID.get(stage, f'failed in {stage}')}: ")
    assert str(failure).endswith("--block bad-dist:bad)")
    assert "\n" not in str(failure)
    assert tokenizers(host) == FIRST_PARTY | {"good"}
    assert {plugin.name for plugin in host.every(assay.AttentionPlugin)} == ATTENTIONS
    assert len(host.every(assay.CorpusPlugin)) > 20


LEAVE = "or leave it out with --block bad-dist:bad"
MENDED = {
    "a requirement of its own": (
        "Requires-Dist: tea-and-biscuits>=2\nRequires-Dist: rain; extra == 'weather'\nRequires-Dist: pluggy\n",
        "import tea_and_biscuits",
        'pip install "tea-and-biscuits>=2", or leave it out with --block bad-dist:bad',
    ),
    "a version of a requirement": (
        "Requires-Dist: pluggy>=1000\n",
        "from pluggy import everything",
        'pip install "pluggy>=1000", or leave it out with --block bad-dist:bad',
    ),
    "a module of its own": (
        "",
        "import bad_plugin.parts",
        f"its own module is not there: pip install --force-reinstall bad-dist, {LEAVE}",
    ),
    "nothing known": ("", "from pluggy import everything", "fix it, or leave it out with --block bad-dist:bad"),
}


@pytest.mark.parametrize(("needs", "source", "remedy"), MENDED.values(), ids=MENDED)
def test_what_a_plugin_cannot_import_is_brought_by_the_command_that_is_told(
    install: Install, needs: str, source: str, remedy: str
) -> None:
    site = install("bad-dist", "6.6", {"bad": "bad_plugin"}, {"bad_plugin": source})
    with (site / "bad_dist-6.6.dist-info" / "METADATA").open("a") as file:
        file.write(needs)
    (failure,) = assay.discover().failures
    assert (failure.stage, failure.remedy) == ("import", remedy)


def test_an_exception_that_cannot_be_printed_is_a_failure_like_any_other(install: Install) -> None:
    source = "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd"
    install("odd-dist", "1", {"odd": "odd_plugin"}, {"odd_plugin": source})
    (failure,) = assay.discover().failures
    assert failure.message == "Odd (odd_plugin.py:3)"


def test_a_descriptor_that_cannot_be_looked_at_is_a_failure_like_any_other(install: Install) -> None:
    source = module("""
        class Odd:
            def __repr__(self):
                return 1 / 0

        @assay.hookimpl
        def assay_tokenizers():
            yield tokenizer("fine")
            yield assay.TokenizerPlugin(name="odd", summary=Odd(), build=print)
    """)
    install("odd-dist", "1", {"odd": "odd_plugin"}, {"odd_plugin": source})
    host = assay.discover()
    assert tokenizers(host) == FIRST_PARTY | {"fine"}
    (failure,) = host.failures
    assert (failure.stage, failure.message) == (
        "assay_tokenizers",
        "ZeroDivisionError: division by zero (odd_plugin.py:18)",
    )


def test_a_descriptor_of_a_class_of_its_own_clashes_like_any_other(install: Install) -> None:
    source = module("""
        class Mine(assay.TokenizerPlugin):
            __slots__ = ()

        @assay.hookimpl
        def assay_tokenizers():
            yield Mine(name="same", summary="", build=print)
            yield tokenizer("same")
            yield Mine(name="other", summary="", build=print)
    """)
    install("mine-dist", "1", {"mine": "mine_plugin"}, {"mine_plugin": source})
    host = assay.discover()
    assert {(failure.stage, failure.name) for failure in host.failures} == {("clash", "same")}
    assert tokenizers(host) == FIRST_PARTY | {"other"}


def test_an_entry_point_that_says_nothing_is_a_failure_like_any_other(install: Install) -> None:
    install("mute-dist", "1", {"mute": "not a module!"}, {})
    (failure,) = assay.discover().failures
    assert (str(failure.origin), failure.stage) == ("mute-dist 1 (mute)", "import")


def test_a_hook_of_a_later_version_may_be_marked_as_optional(install: Install) -> None:
    later = "@assay.hookimpl(optionalhook=True)\ndef assay_optimizers(config): return []\n"
    install("both-dist", "1", {"both": "both_plugin"}, {"both_plugin": announcing("both") + later})
    install("late-dist", "1", {"late": "late_plugin"}, {"late_plugin": f"import assay\n{later}"})
    host = assay.discover()
    assert "both" in tokenizers(host)
    (failure,) = host.failures
    assert (failure.origin.entry_point, failure.message) == ("late", "it implements no hook")


def test_what_was_loaded_is_told(install: Install) -> None:
    source = "import time\ntime.sleep(0.02)\nassay_hooks = 1\n" + announcing("slow")
    site = install("slow-dist", "1", {"slow": "slow_plugin"}, {"slow_plugin": source})
    loadings = {loading.origin.entry_point: loading for loading in assay.discover().loadings}
    slow = loadings["slow"]
    assert (slow.hooks, slow.written_for, slow.file) == (("assay_tokenizers",), 1, str(site / "slow_plugin.py"))
    assert slow.import_s >= 0.02
    assert slow.origin.target == "slow_plugin"
    own = [loading for name, loading in loadings.items() if name != "slow"]
    assert all(loading.written_for == assay.HOOKS_VERSION for loading in own), "first-party plugins declare it as well"


@pytest.mark.usefixtures("good")
def test_all_bad_plugins_at_once_cost_only_themselves(install: Install) -> None:
    for number, (source, *_) in enumerate(BAD.values()):
        name = f"bad_{number}"
        target = f"{name}:plugin" if "plugin =" in source else name
        install(f"bad-dist-{number}", "6.6", {name: target}, {name: source})
    host = assay.discover()
    assert len(host.failures) == len(BAD)
    assert tokenizers(host) == FIRST_PARTY | {"good"}


def test_an_entry_point_that_points_nowhere_is_a_failure(install: Install) -> None:
    install("gone-dist", "1", {"gone": "no_such_plugin", "lost": "good_plugin:lost"}, {"good_plugin": announcing("a")})
    gone, lost = assay.discover().failures
    assert (gone.origin.entry_point, gone.stage) == ("gone", "import")
    assert "No module named 'no_such_plugin'" in gone.message
    assert (lost.origin.entry_point, lost.stage) == ("lost", "import")
    assert "lost" in lost.message


def test_what_came_before_an_error_in_a_hook_is_kept(install: Install) -> None:
    source = module("""
        @assay.hookimpl
        def assay_tokenizers():
            yield tokenizer("before")
            raise RuntimeError("halfway")
            yield tokenizer("after")

        @assay.hookimpl
        def assay_attentions():
            return []
    """)
    install("half-dist", "1", {"half": "half_plugin"}, {"half_plugin": source})
    host = assay.discover()
    assert tokenizers(host) == FIRST_PARTY | {"before"}
    (failure,) = host.failures
    assert (failure.stage, failure.message) == ("assay_tokenizers", "RuntimeError: halfway (half_plugin.py:19)")


def test_a_wrong_item_costs_only_itself(install: Install) -> None:
    source = module("""
        @assay.hookimpl
        def assay_tokenizers():
            yield tokenizer("first")
            yield {"name": "second"}
            yield tokenizer("third")
    """)
    install("mixed-dist", "1", {"mixed": "mixed_plugin"}, {"mixed_plugin": source})
    host = assay.discover()
    assert tokenizers(host) == FIRST_PARTY | {"first", "third"}
    (failure,) = host.failures
    assert failure.message == "it yielded dict, not TokenizerPlugin"


@pytest.mark.parametrize(
    "name",
    ["", " ", "a,b", "a b", "a\tb", "a\n", "*", "gpt?", "[a]", "a/b", "\ud800", None, 5, ["a"], "a\x1bb", "\u202ea"],
)
def test_a_name_that_the_command_line_could_not_pick_is_refused(install: Install, name: object) -> None:
    source = module(f"""
        @assay.hookimpl
        def assay_tokenizers():
            yield tokenizer({name!r})
            yield tokenizer("fine")
    """)
    install("named-dist", "1", {"named": "named_plugin"}, {"named_plugin": source})
    host = assay.discover()
    (failure,) = host.failures
    assert failure.stage == "assay_tokenizers"
    assert failure.message.startswith(f"{name!r} cannot be a name")
    assert "fine" in tokenizers(host)


@pytest.mark.parametrize(
    ("named", "question"),
    [("lower-case", "did you mean lowercase?"), ("rot13", "known are nfc, nfd, nfkc, nfkd, lowercase,")],
)
def test_an_unknown_normalization_is_refused_by_a_sentence(install: Install, named: str, question: str) -> None:
    source = module(f"""
        import dataclasses

        @assay.hookimpl
        def assay_tokenizers():
            yield dataclasses.replace(tokenizer("bent"), normalization=("spaces", {named!r}))
    """)
    install("bent-dist", "1", {"bent": "bent_plugin"}, {"bent_plugin": source})
    (failure,) = assay.discover().failures
    sentence = f"normalization of bent names {named!r}, which Assay does not know; {question}"
    assert failure.message.startswith(sentence)


@pytest.mark.parametrize(
    "field",
    [
        "summary=None",
        "summary=5",
        "license=None",
        "requires='torch'",
        "requires=(5,)",
        "requires=None",
        "missing=5",
        "normalization='nfc'",
        "trained_on=None",
        "trained_on='my texts'",  # and not pretrained
    ],
)
def test_a_descriptor_with_a_field_of_the_wrong_type_is_refused(install: Install, field: str) -> None:
    source = module(f"""
        import dataclasses

        @assay.hookimpl
        def assay_tokenizers():
            yield dataclasses.replace(tokenizer("crooked"), {field})
            yield tokenizer("straight")
    """)
    install("field-dist", "1", {"field": "field_plugin"}, {"field_plugin": source})
    host = assay.discover()
    (failure,) = host.failures
    assert failure.stage == "assay_tokenizers"
    assert field.partition("=")[0] in failure.message
    assert tokenizers(host) == FIRST_PARTY | {"straight"}


@pytest.mark.parametrize(
    ("hook", "fields", "said"),
    [
        ("assay_tokenizers", "TokenizerPlugin(family=7, build=print", "family of odd is 7, not text or None"),
        (
            "assay_attentions",
            "AttentionPlugin(empty_rows='none', unsupported=assay.Supports(), build=print",
            "empty_rows of odd is 'none', not one of zero, nan, unstated",
        ),
        (
            "assay_reports",
            "ReportPlugin(shows=('runes',), suffix='.x', write=print",
            "shows of odd is ('runes',), not a tuple of run, runs, comparison, history",
        ),
        (
            "assay_reports",
            "ReportPlugin(shows='run', suffix='.x', write=print",
            "shows of odd is 'run', not a tuple of",
        ),
        ("assay_reports", "ReportPlugin(suffix='', write=print", "suffix of odd is '', not the end of a file's name"),
        ("assay_metrics", "MetricPlugin(unit='1'", "odd has neither of_tokens nor of_row"),
    ],
)
def test_a_descriptor_that_nothing_could_be_done_with_is_refused(
    install: Install, hook: str, fields: str, said: str
) -> None:
    source = f"import assay\n@assay.hookimpl\ndef {hook}():\n    yield assay.{fields}, name='odd', summary='')\n"
    install("odd-dist", "1", {"odd": "odd_plugin"}, {"odd_plugin": source})
    (failure,) = assay.discover().failures
    assert failure.message.startswith(said)


def test_a_name_claimed_by_two_belongs_to_neither_until_one_is_blocked(install: Install) -> None:
    install("ann", "1", {"octets": "ann_plugin"}, {"ann_plugin": announcing("octets", "ann")})
    install("bob", "2", {"octets": "bob_plugin"}, {"bob_plugin": announcing("octets", "bob")})
    host = assay.discover()
    assert tokenizers(host) == FIRST_PARTY | {"ann", "bob"}
    clashes = {failure.origin.distribution: failure for failure in host.failures}
    assert set(clashes) == {"ann", "bob"}
    for failure in clashes.values():
        assert failure.stage == "clash"
        assert failure.message == "the tokenizer name 'octets' is claimed by ann 1 (octets) and bob 2 (octets)"
        assert failure.remedy == "choose with --block ann:octets or --block bob:octets"
    with pytest.raises(assay.UnknownName, match="two plugins claim it: choose with --block ann:octets"):
        host.one(assay.TokenizerPlugin, "octets")

    fixed = assay.discover(block=["ann:octets"])
    assert fixed.failures == ()
    assert fixed.origin(fixed.one(assay.TokenizerPlugin, "octets")).distribution == "bob"
    assert tokenizers(fixed) == FIRST_PARTY | {"octets", "bob"}


def test_a_first_party_name_stays_ours_until_ours_is_blocked(install: Install) -> None:
    install("rival", "1", {"rival": "rival_plugin"}, {"rival_plugin": announcing("gpt2", "other")})
    ours = assay.discover()
    assert "other" in tokenizers(ours)
    assert [(failure.origin.distribution, failure.stage) for failure in ours.failures] == [("rival", "clash")]
    assert "the tokenizer name 'gpt2' is that of assay-bench" in ours.failures[0].message
    assert "--block assay-bench:tiktoken" in ours.failures[0].remedy
    assert ours.origin(ours.one(assay.TokenizerPlugin, "gpt2")).distribution == "assay-bench"
    theirs = assay.discover(block=["assay-bench:tiktoken"])
    assert theirs.origin(theirs.one(assay.TokenizerPlugin, "gpt2")).distribution == "rival"


def test_one_plugin_that_announces_a_name_twice_is_told_so(install: Install) -> None:
    install("twice-dist", "1", {"twice": "twice_plugin"}, {"twice_plugin": announcing("same", "same", "other")})
    host = assay.discover()
    assert tokenizers(host) == FIRST_PARTY | {"other"}
    assert {failure.stage for failure in host.failures} == {"clash"}
    assert {failure.remedy for failure in host.failures} == {"give each its own name"}


def test_one_name_for_two_kinds_is_no_clash(install: Install) -> None:
    source = announcing("both") + textwrap.dedent("""
        @assay.hookimpl
        def assay_attentions():
            yield assay.AttentionPlugin(name="both", summary="", build=print, unsupported=assay.Supports())
    """)
    install("both-dist", "1", {"both": "both_plugin"}, {"both_plugin": source})
    host = assay.discover()
    assert host.failures == ()
    assert host.one(assay.TokenizerPlugin, "both").name == host.one(assay.AttentionPlugin, "both").name


def test_what_a_plugin_prints_never_reaches_standard_output(
    install: Install, capfd: pytest.CaptureFixture[str]
) -> None:
    source = "print('noise on import')\n" + module("""
        @assay.hookimpl
        def assay_tokenizers():
            print("noise in a hook")
            yield tokenizer("noisy")
    """)
    install("noisy-dist", "1", {"noisy": "noisy_plugin"}, {"noisy_plugin": source})
    assert "noisy" in tokenizers(assay.discover())
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "noise on import" in captured.err
    assert "noise in a hook" in captured.err


@pytest.mark.parametrize("target", ["Plugin", "plugin"], ids=["class", "object"])
def test_an_entry_point_may_be_a_class_or_an_object(install: Install, target: str) -> None:
    source = module("""
        class Plugin:
            def __init__(self):
                self.name = "from-a-class"

            @assay.hookimpl
            def assay_tokenizers(self):
                yield tokenizer(self.name)

        plugin = Plugin()
    """)
    install("class-dist", "1", {"class": f"class_plugin:{target}"}, {"class_plugin": source})
    host = assay.discover()
    assert host.failures == ()
    assert "from-a-class" in tokenizers(host)


def test_ctrl_c_while_a_plugin_is_tried_is_not_swallowed(install: Install) -> None:
    slow = f"import os, signal, time\nos.kill({os.getpid()}, signal.SIGINT)\ntime.sleep(60)"
    install("slow-dist", "1", {"slow": "slow_plugin"}, {"slow_plugin": slow})
    with pytest.raises(KeyboardInterrupt):
        assay.discover()


UNSAFE = {
    "exit": ("import os\nos._exit(0)", "cannot be imported: it ended the process with exit code 0"),
    "segfault": ("import ctypes\nctypes.string_at(0)", "cannot be imported: its process was killed by SIGSEGV"),
    "hang": ("while True: pass", "cannot be imported: it gave no answer for 2 s, in <module> (mine.py:1)"),
    "interrupt": ("raise KeyboardInterrupt", "is not safe to load: KeyboardInterrupt"),
    "flood": ("print('x' * 2_000_000)", "it printed more than 1 MB"),
    "patch": ("import json\njson.dumps = print", "is not safe to load: it changes json.dumps, which others need"),
    "patch of a method": ("import json\njson.JSONEncoder.encode = print", "it changes json.encoder.JSONEncoder.encode"),
    "descriptors": (
        "import os\nfor number in range(3, 512):\n    try: os.write(number, b'garbage')\n    except OSError: pass",
        "is not safe to load: it wrote to a file that it did not open",
    ),
    "closed descriptors": ("import os\nos.closerange(0, 512)", "its answer cannot be written"),
    "folder": ("import os\nos.chdir('/')", "it changes the working folder"),
    "path": ("import sys\nsys.path.clear()", "it changes sys.path without"),
    "thread": (
        "import threading\nthreading.Thread(target=threading.Event().wait, name='mine').start()",
        "it left a thread running, for which the process would wait: mine",
    ),
    "process": ("import subprocess\nsubprocess.Popen(['sleep', '60'])", "it left 1 process(es) running: sleep 60"),
    "daemon": (
        "import subprocess\nsubprocess.Popen(['sleep', '60'], start_new_session=True)",
        "it left 1 process(es) running: sleep 60",
    ),
    "atexit": ("import atexit, time\natexit.register(time.sleep, 60)", "it gave no answer for 2 s"),
    "exit at the end": ("import atexit, os\natexit.register(os._exit, 0)", "it ended the process with exit code 0"),
    "endless hook": (
        "import assay, itertools\n@assay.hookimpl\ndef assay_tokenizers(): return itertools.repeat(1)",
        "assay_tokenizers yields more than 5,000 objects",
    ),
    "hook that exits": (
        "import assay, os\n@assay.hookimpl\ndef assay_tokenizers(): os._exit(4)",
        "failed in assay_tokenizers: it ended the process with exit code 4",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("source", UNSAFE, ids=str)
def test_what_would_harm_the_host_is_not_loaded(tmp_path: Path, source: str) -> None:
    bad, good = tmp_path / "mine.py", tmp_path / "good.py"
    bad.write_text(UNSAFE[source][0])
    good.write_text(announcing("good"))
    threads, before = threading.enumerate(), state()
    host = assay.discover([bad, good], load="none", timeout_s=2.0)
    assert "good" in tokenizers(host)
    assert [failure.origin.path for failure in host.failures] == [str(bad)]
    assert UNSAFE[source][1] in str(host.failures[0])
    assert host.unsafe == (str(bad),)
    assert (threading.enumerate(), changes(before)) == (threads, [])
    assert not [each for each in psutil.Process().children(recursive=True) if "sleep" in each.cmdline()]


def test_a_missing_that_never_answers_costs_itself(tmp_path: Path) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(
        module("""
        import dataclasses, threading

        @assay.hookimpl
        def assay_tokenizers():
            yield dataclasses.replace(tokenizer("hangs"), missing=lambda: threading.Event().wait())
            yield dataclasses.replace(tokenizer("exits"), missing=lambda: __import__("os")._exit(0))
            yield tokenizer("good")
        """)
    )
    host = assay.discover([mine], load="none", timeout_s=1.0)
    found = {each.name: host.missing(each) for each in host.every(assay.TokenizerPlugin)}
    assert found["good"] is None
    assert "it gave no answer for 1 s" in str(found["hangs"])
    assert "it ended the process with exit code 0" in str(found["exits"])
    with pytest.raises(AssayError, match="could not say what it needs: it gave no answer"):
        host.need(host.one(assay.TokenizerPlugin, "hangs"))


def test_every_discovery_makes_its_own_host(install: Install) -> None:
    before = assay.discover()
    install("late-dist", "1", {"late": "late_plugin"}, {"late_plugin": announcing("late")})
    assert "late" in tokenizers(assay.discover())
    assert "late" not in tokenizers(before)


def test_a_plugin_file_needs_no_installation(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(announcing("mine"))
    host = assay.discover([file])
    mine = host.one(assay.TokenizerPlugin, "mine")
    assert mine.build("").encode("é") == [195, 169]
    assert host.origin(mine).path == str(file)
    assert str(host.origin(mine)) == str(file)
    assert tokenizers(host) == FIRST_PARTY | {"mine"}


def test_two_plugin_files_of_one_name_are_two_plugins(tmp_path: Path) -> None:
    for folder in ("ann", "bob"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(announcing(folder))
    host = assay.discover([tmp_path / "ann/mine.py", tmp_path / "bob/mine.py"])
    assert host.failures == ()
    assert tokenizers(host) == FIRST_PARTY | {"ann", "bob"}


def test_a_missing_plugin_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(assay.AssayError, match=r"there is no plugin file .*absent\.py"):
        assay.discover([tmp_path / "absent.py"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("broken.py", "def (:", "SyntaxError"),
        ("notes.txt", "assay", "is not a Python file"),
        ("raises.py", "1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_plugin_file_that_cannot_be_loaded_costs_only_itself(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    file = tmp_path / name
    file.write_text(content)
    host = assay.discover([file])
    (failure,) = host.failures
    assert (failure.origin.path, failure.stage) == (str(file), "import")
    assert message in failure.message
    assert tokenizers(host) == FIRST_PARTY


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("regex", FIRST_PARTY - {"regex", "regex-unk", "regex-fast", "regex-unk-fast"} | {"extra"}),
        ("assay:regex", FIRST_PARTY - {"regex", "regex-unk", "regex-fast", "regex-unk-fast"} | {"extra"}),
        ("assay-bench", {"extra"}),
        ("assay", {"extra"}),
        ("assay-bench:regex", FIRST_PARTY - {"regex", "regex-unk", "regex-fast", "regex-unk-fast"} | {"extra"}),
        ("extra-dist", FIRST_PARTY),
    ],
    ids=["entry point", "both", "distribution", "its former name", "former name and point", "another distribution"],
)
def test_blocking_leaves_out_what_it_names(install: Install, name: str, left: set[str]) -> None:
    install("extra-dist", "1", {"extra": "extra_plugin"}, {"extra_plugin": announcing("extra")})
    host = assay.discover(block=[name])
    assert tokenizers(host) == left
    assert host.failures == ()


@pytest.mark.parametrize("spelling", ["mine", "mine.py", "./mine.py"])
def test_a_file_is_blocked_by_its_name_or_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(announcing("mine"))
    assert tokenizers(assay.discover(["./mine.py"], block=[spelling])) == FIRST_PARTY


def test_a_blocked_plugin_is_not_even_imported(install: Install) -> None:
    install("boom-dist", "1", {"boom": "boom_plugin"}, {"boom_plugin": "raise KeyboardInterrupt"})
    assert tokenizers(assay.discover(block=["boom"])) == FIRST_PARTY


@pytest.mark.parametrize(
    ("load", "left"),
    [
        ("none", set()),
        ("extra", {"extra"}),
        ("extra-*", {"extra"}),
        ("assay-bench:regex,extra", {"regex", "regex-unk", "regex-fast", "regex-unk-fast", "extra"}),
        ("assay-bench", FIRST_PARTY),
        ("assay", FIRST_PARTY),
        ("*", FIRST_PARTY | {"extra"}),
        (None, FIRST_PARTY | {"extra"}),
    ],
)
def test_only_what_is_to_be_loaded_is_loaded(install: Install, load: str | None, left: set[str]) -> None:
    install("extra-dist", "1", {"extra": "extra_plugin"}, {"extra_plugin": announcing("extra")})
    host = assay.discover(load=load)
    assert tokenizers(host) == left
    assert host.failures == ()
    kept = {loading.origin.block for loading in host.loadings}
    out = {each.origin.block for each in host.excluded}
    assert kept | out >= {"extra-dist:extra", "assay-bench:regex", "assay-bench:attention"}
    assert kept & out == set()


def test_what_is_not_to_be_loaded_is_not_even_imported(install: Install) -> None:
    install("boom-dist", "1", {"boom": "boom_plugin"}, {"boom_plugin": "raise KeyboardInterrupt"})
    assert tokenizers(assay.discover(load="assay")) == FIRST_PARTY


def test_a_file_is_loaded_whatever_installed_plugins_are(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(announcing("mine"))
    assert tokenizers(assay.discover([tmp_path / "mine.py"], load="none")) == {"mine"}
    assert tokenizers(assay.discover([tmp_path / "mine.py"], ["mine"], load="none")) == set()


def test_a_name_to_load_that_nothing_has_is_refused_unless_leniently() -> None:
    with pytest.raises(assay.AssayError, match=r"no installed plugin 'regexp' to load .*assay-bench:regex"):
        assay.discover(load="attention,regexp")
    host = assay.discover(block=["regexp"], load="regexp,assay-bench:regex", lenient=True)
    assert "regex" in tokenizers(host)
    assert "gpt2" not in tokenizers(host)


def test_the_reason_for_an_unknown_name_may_be_that_it_was_left_out() -> None:
    with pytest.raises(assay.UnknownName, match=r"no tokenizer plugin is loaded; \d+ plugin\(s\) are left out"):
        assay.discover(load="none").one(assay.TokenizerPlugin, "gpt2")


def test_blocking_a_name_that_nothing_has_is_refused() -> None:
    with pytest.raises(assay.AssayError, match=r"there is no plugin 'regexp' to block .*assay-bench:regex"):
        assay.discover(block=["regexp"])
