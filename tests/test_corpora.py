"""Official names of twelve corpora, their quirks, and the search through folders."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

from ser.constants import EMOTIONS, OTHER_EMOTION
from ser.corpora import CORPORA, Clip, find_clips, find_files
from ser.corpus_titles import TITLES
from ser.errors import CorpusError
from tests.corpus_trees import OFFICIAL, touch


def tree(root: Path, *paths: str) -> Path:
    for path in paths:
        touch(root / path)
    return root


def clip_of(tmp_path: Path, path: str) -> Clip:
    (clip,) = find_clips([tree(tmp_path, path)])
    return clip


# path, speaker, gender, emotion, corpus_emotion, intensity, sentence, style: each field told apart at least once.
EXPECTED = [
    ("03-01-06-01-02-01-01.wav", "ravdess/01", "male", "fearful", "fearful", "normal", "02", "speech"),
    ("03-01-02-02-01-02-12.wav", "ravdess/12", "female", "calm", "calm", "strong", "01", "speech"),
    ("03-02-03-02-02-01-24.wav", "ravdess/24", "female", "happy", "happy", "strong", "02", "song"),
    ("1001_DFA_ANG_XX.wav", "crema-d/1001", "male", "angry", "anger", "unspecified", "DFA", "speech"),
    ("1002_IEO_FEA_HI.wav", "crema-d/1002", "female", "fearful", "fear", "high", "IEO", "speech"),
    ("1002_IEO_HAP_MD.wav", "crema-d/1002", "female", "happy", "happy", "medium", "IEO", "speech"),
    ("1040_ITH_SAD_X.wav", "crema-d/1040", "male", "sad", "sad", "unspecified", "ITH", "speech"),
    ("OAF_Fear/OAF_back_fear.wav", "tess/OAF", "female", "fearful", "fear", "unspecified", "back", "speech"),
    ("OA_bite_neutral.wav", "tess/OAF", "female", "neutral", "neutral", "unspecified", "bite", "speech"),
    ("YAF_youth_ps.wav", "tess/YAF", "female", "surprised", "pleasant surprise", "unspecified", "youth", "speech"),
    ("DC/a01.wav", "savee/DC", "male", "angry", "anger", "unspecified", "a01", "speech"),
    ("ALL/DC_a01.wav", "savee/DC", "male", "angry", "anger", "unspecified", "a01", "speech"),
    ("KL/su03.wav", "savee/KL", "male", "surprised", "surprise", "unspecified", "su03", "speech"),
    ("JE_sa15.wav", "savee/JE", "male", "sad", "sadness", "unspecified", "sa15", "speech"),
    ("03a01Fa.wav", "emodb/03", "male", "happy", "happiness", "unspecified", "a01", "speech"),
    ("08b10Wb.wav", "emodb/08", "female", "angry", "anger", "unspecified", "b10", "speech"),
    ("16a07La.wav", "emodb/16", "female", "other", "boredom", "unspecified", "a07", "speech"),
    ("13b02Ea.wav", "emodb/13", "female", "disgust", "disgust", "unspecified", "b02", "speech"),
    ("12a05Ta.wav", "emodb/12", "male", "sad", "sadness", "unspecified", "a05", "speech"),
    ("15b09Aa.wav", "emodb/15", "male", "fearful", "anxiety", "unspecified", "b09", "speech"),
    ("dis-f1-b1.wav", "emovo/f1", "female", "disgust", "disgusto", "unspecified", "b1", "speech"),
    ("rab-m2-n5.wav", "emovo/m2", "male", "angry", "rabbia", "unspecified", "n5", "speech"),
    ("liuchanhg/angry/201.wav", "casia/liuchang", "female", "angry", "angry", "unspecified", "201", "speech"),
    ("Chang.Liu/normal/301.wav", "casia/liuchang", "female", "neutral", "neutral", "unspecified", "301", "speech"),
    ("201-sad-zhaoquanyin.wav", "casia/zhaoquanyin", "female", "sad", "sad", "unspecified", "201", "speech"),
    ("CASIA/someone/fear/7.wav", "casia/someone", "unknown", "fearful", "fear", "unspecified", "7", "speech"),
    ("F01A05.wav", "shemo/F01", "female", "angry", "anger", "unspecified", "F01A05", "speech"),
    ("M02F01.wav", "shemo/M02", "male", "fearful", "fear", "unspecified", "M02F01", "speech"),
    ("F03W02.wav", "shemo/F03", "female", "surprised", "surprise", "unspecified", "F03W02", "speech"),
    ("01-C-1-2.wav", "cafe/01", "male", "angry", "colère", "low", "2", "speech"),
    ("02-P-2-6.wav", "cafe/02", "female", "fearful", "peur", "high", "6", "speech"),
    ("12-N-1-6.wav", "cafe/12", "female", "neutral", "neutre", "unspecified", "6", "speech"),
    ("anger/a01 (1).wav", "aesdd/1", "unknown", "angry", "anger", "unspecified", "01", "speech"),
    ("AESDD/h20 (6)b.wav", "aesdd/6", "unknown", "happy", "happiness", "unspecified", "20", "speech"),
    ("female1_angry_1a_1.wav", "jl-corpus/female1", "female", "angry", "angry", "unspecified", "1", "speech"),
    ("male2_excited_15b_2.wav", "jl-corpus/male2", "male", "other", "excited", "unspecified", "15", "speech"),
    ("SM0_anger_77.wav", "nemo/SM0", "male", "angry", "anger", "unspecified", "77", "speech"),
    ("XY0_surprised_1.wav", "nemo/XY0", "unknown", "surprised", "surprised", "unspecified", "1", "speech"),
]


@pytest.mark.parametrize("expected", EXPECTED, ids=[row[0] for row in EXPECTED])
def test_names_say_everything(tmp_path: Path, expected: tuple[str, ...]) -> None:
    clip = clip_of(tmp_path, expected[0])
    seen = (clip.path, clip.speaker, clip.gender, clip.emotion, clip.corpus_emotion, clip.intensity)
    assert (*seen, clip.sentence, clip.style) == expected
    assert clip.corpus == clip.speaker.partition("/")[0]


def test_one_tree_of_all_corpora_under_any_folder_names(tmp_path: Path) -> None:
    for number, paths in enumerate(OFFICIAL.values()):
        tree(tmp_path / f"disk {number}" / "some folder", *paths)
    files = find_files([tmp_path])
    assert [file.path for file in files if file.clip is None] == []
    seen = Counter(file.clip.corpus for file in files if file.clip)
    assert seen == {corpus: len(paths) for corpus, paths in OFFICIAL.items()}
    assert [file.path for file in files] == sorted(file.path for file in files)
    assert {corpus.name for corpus in CORPORA} == set(OFFICIAL)
    languages = {file.clip.corpus: file.clip.language for file in files if file.clip}
    assert languages == {corpus.name: corpus.language for corpus in CORPORA}
    assert {file.clip.emotion for file in files if file.clip} <= {*EMOTIONS, OTHER_EMOTION}


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_root_may_be_the_corpus_itself(tmp_path: Path, name: str) -> None:
    root = tree(tmp_path / name, *OFFICIAL[name])
    clips = find_clips([root])
    assert [clip.path for clip in clips] == sorted(OFFICIAL[name])
    assert {clip.corpus for clip in clips} == {name}


@pytest.mark.parametrize("name", OFFICIAL)
def test_no_name_is_claimed_by_two_corpora(name: str) -> None:
    for path in OFFICIAL[name]:
        claims = [corpus.name for corpus in CORPORA if corpus.parse(PurePosixPath(name, path))]
        assert claims == [name], path


@pytest.mark.parametrize("suffix", [".opus", ".MP3", ".flac", ".Wav"])
def test_any_audio_suffix_will_do(tmp_path: Path, suffix: str) -> None:
    assert clip_of(tmp_path, f"03-01-06-01-02-01-01{suffix}").speaker == "ravdess/01"


@pytest.mark.parametrize(
    ("path", "corpus"),
    [("DC/a01.wav", "savee"), ("kl/a01.wav", "savee"), ("anger/a01.wav", None), ("DC/more/a01.wav", None)],
)
def test_a01_alone_belongs_to_no_one(tmp_path: Path, path: str, corpus: str | None) -> None:
    tree(tmp_path, path, "known/03a01Fa.wav")
    clip = {file.path: file.clip for file in find_files([tmp_path])}[path]
    assert (clip and clip.corpus) == corpus


def test_a_second_copy_of_a_savee_file_is_not_aesdd(tmp_path: Path) -> None:
    tree(tmp_path, "DC/a01.wav", "DC/a01 (1).wav")
    assert [file.clip is None for file in find_files([tmp_path])] == [True, False]


@pytest.mark.parametrize("path", ["angry/201.wav", "bob/angry/201.wav", "wangzhe/joyful/201.wav", "201.wav"])
def test_a_number_without_speaker_and_emotion_is_not_casia(tmp_path: Path, path: str) -> None:
    tree(tmp_path, path, "03a01Fa.wav")
    assert {file.path: file.clip for file in find_files([tmp_path])}[path] is None


def test_a_root_deep_inside_a_corpus_keeps_its_meaning(tmp_path: Path) -> None:
    tree(tmp_path, "SAVEE/DC/a01.wav", "CASIA/wangzhe/angry/201.wav")
    assert [clip.speaker for clip in find_clips([tmp_path / "SAVEE" / "DC"])] == ["savee/DC"]
    (clip,) = find_clips([tmp_path / "CASIA" / "wangzhe" / "angry"])
    assert (clip.path, clip.speaker, clip.emotion) == ("201.wav", "casia/wangzhe", "angry")


@pytest.mark.parametrize(
    "name",
    [
        "02-01-06-01-02-01-01.mp4",  # film without sound
        "03-01-09-01-02-01-01.wav",  # no ninth emotion
        "03-01-06-01-02-01-25.wav",  # no 25th actor
        "1001_DFA_ANG_ZZ.wav",
        "03a01Xa.wav",
        "13-C-1-2.wav",
        "F01B05.wav",
        "female3_angry_1a_1.wav",
        "voice memo.m4a",
    ],
)
def test_names_that_only_look_alike_are_unrecognised(tmp_path: Path, name: str) -> None:
    tree(tmp_path, name, "known/03a01Fa.wav")
    assert {file.path: file.clip is None for file in find_files([tmp_path])} == {name: True, "known/03a01Fa.wav": False}


def test_what_macos_leaves_behind_is_not_audio(tmp_path: Path) -> None:
    tree(tmp_path, "wav/03a01Fa.wav", "wav/._03a01Fa.wav", "__MACOSX/wav/03a01Fa.wav", ".Trashes/08b10Wb.wav", "x.txt")
    assert [file.path for file in find_files([tmp_path])] == ["wav/03a01Fa.wav"]


def test_decomposed_letters_of_macos_are_the_same_letters(tmp_path: Path) -> None:
    path = "Cole\u0300re/Faible/01-C-1-2.wav"
    clip = clip_of(tmp_path, path)
    assert clip.corpus_emotion == "colère"
    # The path in the table stays as the disk spells it, or it would not be found again.
    assert (tmp_path / clip.path).is_file()
    assert clip.path == path


def test_links_do_not_show_a_file_twice_nor_go_round_in_circles(tmp_path: Path) -> None:
    tree(tmp_path, "a/03a01Fa.wav")
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "b").symlink_to(tmp_path / "a", target_is_directory=True)
    assert [file.path for file in find_files([tmp_path])] == ["a/03a01Fa.wav"]


def test_the_corpus_own_table_of_speakers_wins(tmp_path: Path) -> None:
    tree(tmp_path, "c/1001_DFA_ANG_XX.wav", "c/1004_DFA_ANG_XX.wav", "n/SM0_anger_7.wav", "n/XY0_fear_7.wav")
    (tmp_path / "c" / "VideoDemographics.csv").write_text("ActorID,Age,Sex\n1004,30,Female\n", encoding="utf-8")
    table = 'file_id\traw_text\tspeaker_id\tgender\nSM0_anger_7.wav\t"Dom\tSM0\tfemale\nx\ty\tXY0\tmale\n'
    (tmp_path / "n" / "data.tsv").write_text(table, encoding="utf-8")
    (tmp_path / "data.tsv").write_text("something\telse\n", encoding="utf-8")
    facts = {clip.speaker: (clip.gender, clip.age_years) for clip in find_clips([tmp_path])}
    assert facts == {
        "crema-d/1001": ("male", None),
        "crema-d/1004": ("female", 30),
        "nemo/SM0": ("female", None),
        "nemo/XY0": ("male", None),
    }


@pytest.mark.parametrize(
    ("path", "age"), [("YAF_youth_ps.wav", 26), ("OA_bite_neutral.wav", 64), ("08b10Wb.wav", 34), ("DC/a01.wav", None)]
)
def test_ages_where_a_corpus_states_them(tmp_path: Path, path: str, age: int | None) -> None:
    assert clip_of(tmp_path, path).age_years == age


def test_several_roots_stay_apart(tmp_path: Path) -> None:
    one = tree(tmp_path / "one", "03a01Fa.wav")
    two = tree(tmp_path / "two", "03a01Fa.wav")
    assert [clip.path for clip in find_clips([two, one])] == ["one/03a01Fa.wav", "two/03a01Fa.wav"]
    assert [clip.path for clip in find_clips([one, one])] == ["03a01Fa.wav"]
    with pytest.raises(CorpusError, match="called 'one'"):
        find_clips([one, tree(tmp_path / "two" / "one", "08b10Wb.wav")])


def test_what_is_wrong_with_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="SER_DATA"):
        find_files([])
    with pytest.raises(CorpusError, match="is not a folder"):
        find_files([tmp_path / "missing"])
    with pytest.raises(CorpusError, match="holds no audio files"):
        find_files([tmp_path])
    tree(tmp_path, "one.wav", "two.mp3")
    with pytest.raises(CorpusError, match=r"holds 2 audio files.*ravdess, crema-d"):
        find_files([tmp_path])


def test_names_that_no_table_can_spell_are_refused(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/Col\xe8re"  # Latin 1, as an old archive has it
    try:
        Path(os.fsdecode(folder)).mkdir()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    touch(Path(os.fsdecode(folder)) / "01-C-1-2.wav")
    with pytest.raises(CorpusError, match=r"'Col\\udce8re/01-C-1-2.wav' is not UTF-8"):
        find_files([tmp_path])


def test_every_corpus_states_where_it_comes_from() -> None:
    for corpus in CORPORA:
        assert all([corpus.title, corpus.licence, corpus.citation]), corpus.name
        assert corpus.url.startswith("http"), corpus.name


def test_the_corpora_at_hand_are_recognised_whole() -> None:
    data = Path(os.environ.get("SER_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not data.is_dir():
        pytest.skip(f"no corpora in {data}: set SER_DATA to a folder that holds them")
    files = find_files([data])
    assert [file.path for file in files if file.clip is None] == []
    clips = [file.clip for file in files if file.clip]
    speakers = Counter(corpus for corpus, _ in {(clip.corpus, clip.speaker) for clip in clips})
    assert speakers == {"ravdess": 20, "crema-d": 76, "tess": 2, "emodb": 8, "nemo": 7}
    assert "unknown" not in {clip.gender for clip in clips}
    assert Counter(clip.corpus for clip in clips) == {
        "ravdess": 2036,
        "crema-d": 6212,
        "tess": 2800,
        "emodb": 411,
        "nemo": 3403,
    }


def test_the_tables_readme_names_every_licence() -> None:
    text = (Path(__file__).parents[1] / "processed_data" / "README.md").read_text(encoding="utf-8")
    for corpus in CORPORA:
        assert f"[{corpus.name}]({corpus.url})" in text
        assert f"| {corpus.licence} | {corpus.citation} |" in text, corpus.name


def test_every_corpus_has_a_title_that_people_read() -> None:
    assert set(TITLES) == {corpus.name for corpus in CORPORA} | {"pooled"}
