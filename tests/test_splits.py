import itertools

import numpy as np
import pandas as pd
import pytest

from ser.errors import CorpusError
from ser.splits import corpus_folds, sentence_folds, shipping_split, speaker_folds, validation_speakers


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [
        {"path": f"{corpus}/{speaker}/{clip}.wav", "corpus": corpus, "speaker": f"{corpus}/{speaker:02d}",
         "gender": "female" if speaker % 2 else "male", "emotion": "happy", "style": "speech",
         "sentence": str(clip)}
        for corpus, speakers in (("ravdess", 20), ("crema-d", 30), ("tess", 2))
        for speaker in range(speakers)
        for clip in range(3)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _speakers(table: pd.DataFrame, rows: np.ndarray) -> set[str]:
    return set(table["speaker"].iloc[rows])


def test_no_speaker_stands_on_two_sides(table: pd.DataFrame) -> None:
    for split in [*corpus_folds(table, ["ravdess"]), *speaker_folds(table, ["ravdess"]), shipping_split(table)]:
        sides = [_speakers(table, rows) for rows in (split.train, split.validation, split.test)]
        assert all(not (a & b) for a, b in itertools.combinations(sides, 2))


def test_folds_test_each_speaker_of_the_corpus_once(table: pd.DataFrame) -> None:
    tested = np.concatenate([split.test for split in speaker_folds(table, ["ravdess"])])
    assert sorted(tested) == list(np.flatnonzero(table["corpus"] == "ravdess"))


def test_folds_are_balanced_in_gender_and_number(table: pd.DataFrame) -> None:
    for split in speaker_folds(table, ["ravdess"]):
        test = table.iloc[split.test].drop_duplicates("speaker")
        assert len(test) == 4
        assert (test["gender"] == "female").sum() == 2


def test_a_sentence_held_out_is_heard_from_nobody(table: pd.DataFrame) -> None:
    for split in sentence_folds(table, ["ravdess"]):
        assert len(split.test) == 4  # four voices, one sentence of three
        (tested,) = table["sentence"].iloc[split.test].unique()
        heard = table.iloc[np.concatenate([split.train, split.validation])]
        assert tested not in set(heard.loc[heard["corpus"] == "ravdess", "sentence"])
        assert tested in set(heard.loc[heard["corpus"] == "crema-d", "sentence"])
        assert not _speakers(table, split.test) & set(heard["speaker"])


def test_a_corpus_of_two_voices_gives_no_validation_speakers(table: pd.DataFrame) -> None:
    assert not any(name.startswith("tess/") for name in validation_speakers(table, set(), 0.15))
    assert len(validation_speakers(table, set(), 0.15)) == round(20 * 0.15) + round(30 * 0.15)


def test_shipping_split_uses_every_row(table: pd.DataFrame) -> None:
    split = shipping_split(table)
    assert sorted([*split.train, *split.validation]) == list(range(len(table)))
    assert len(split.test) == 0


def test_too_few_speakers_are_refused_with_the_numbers(table: pd.DataFrame) -> None:
    with pytest.raises(CorpusError, match="'tess' has 2 speakers here; 5 folds"):
        speaker_folds(table, ["tess"])
    with pytest.raises(CorpusError, match="'savee' is not in this table. Corpora there: crema-d, ravdess, tess"):
        speaker_folds(table, ["ravdess", "savee"])


def test_corpora_folded_at_once_are_folded_as_each_alone(table: pd.DataFrame) -> None:
    both = speaker_folds(table, ["ravdess", "crema-d"])
    assert len(both) == 5
    for corpus in ("ravdess", "crema-d"):
        for joint, alone in zip(both, speaker_folds(table, [corpus]), strict=True):
            here = joint.test[(table["corpus"].iloc[joint.test] == corpus).to_numpy()]
            assert list(here) == list(alone.test)


def test_a_corpus_left_out_is_left_out_whole(table: pd.DataFrame) -> None:
    for corpus, split in zip(("tess", "ravdess"), corpus_folds(table, ("tess", "ravdess")), strict=True):
        assert list(split.test) == list(np.flatnonzero(table["corpus"] == corpus))
        for rows in (split.train, split.validation):
            assert corpus not in set(table["corpus"].iloc[rows])
        assert len(split.validation) > 0


def test_leaving_the_only_corpus_out_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(CorpusError, match="Only 'tess' is here"):
        corpus_folds(table[table["corpus"] == "tess"].reset_index(drop=True), ["tess"])
