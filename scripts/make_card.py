"""Writes ``model/<name>/CARD.md`` from the manifest and ``report.json`` beside it: every figure has a file behind it.

python scripts/make_card.py
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ser.draws import TrainSettings
from ser.manifest import read_json
from ser.recognizer import DEFAULT_MODEL, MODEL_FOLDER

TEXT = """# Model card: {name}

A CNN+LSTM that hears which of eight emotions a voice carries: {labels}.
Made by `ser train`; figures by `ser evaluate`; this text by `scripts/make_card.py`.

## What it is
Log-mel spectrogram → the convolutional stem and transformer layers {layers} of OpenAI's Whisper base encoder (MIT,
frozen) → two residual convolution blocks → bidirectional LSTM → attentive statistics pooling, beside a linear layer on
the frames' mean and deviation; the two paths' logits are added, times {sequence:.2f} and
{pooled:.2f}, and turned into probabilities. {size_mb:.0f} MB as LiteRT with float16 weights.

## What it was trained on
| corpus | speakers | clips |
|---|---|---|
{corpora}

Of these, the following chose the epoch and the scales; the sequence path never learnt from them, the pooled path did
after that: {validation_speakers}.

## How well it does on speakers it never heard
Unweighted average recall over five folds by speaker; in each fold a model is trained anew without the tested speakers,
and nothing is chosen on them.

| command | trained on | emotions | speakers | clips | unweighted average recall | accuracy | calibration error |
|---|---|---|---|---|---|---|---|
{reports}

{recalls}

## Limits
- Acted speech, mostly English and Polish, from studios. A spontaneous, noisy or foreign voice is understood less well
  than these figures say.
- It hears how something is said, not what; it does not know what a person feels.
- Calm is known from one corpus alone, surprise from three; both are the first to be mistaken on other microphones.
- Not for decisions about people. In the EU, inferring emotions at work and in education is prohibited except for
  medical or safety reasons (AI Act, Article 5(1)(f)), and people must be told (Article 50(3)).

## Licences
Code: see the project. Encoder: MIT, `model/encoder/NOTICE`. The corpora allow research; RAVDESS, TESS and nEMO exclude
commercial use, and whether weights inherit that is unsettled: ask before selling anything built on them.
"""


def corpus_rows(manifest: dict[str, Any]) -> str:
    """A table row a corpus."""
    return "\n".join(f"| {n} | {c['speakers']} | {c['clips']} |" for n, c in manifest["corpora"].items())


def command(report: dict[str, Any]) -> str:
    """The command that made a report: what differs from the defaults is written out."""
    words = ["ser evaluate DATA --corpus", report["corpus"]]
    if report["trained_on"] == [report["corpus"]]:
        words.append("--train-on same")
    flags = {"epochs": "--epochs", "epoch_clips": "--epoch-clips", "seed": "--seed"}
    for name, flag in flags.items():
        if report["settings"]["training"][name] != getattr(TrainSettings(), name):
            words.append(f"{flag} {report['settings']['training'][name]}")
    return " ".join(words)


def report_rows(reports: dict[str, Any]) -> str:
    """A table row a report."""
    return "\n".join(
        f"| `{command(r)}` | {', '.join(r['trained_on'])} "
        f"| {len(r['recall'])} | {r['speakers']} | {r['clips']} | **{r['uar']:.3f}** "
        f"| {r['accuracy']:.3f} | {r['calibration_error']:.3f} |"
        for r in reports.values()
    )


def recall_lines(reports: dict[str, Any]) -> str:
    """Recall of each emotion, a line a report."""
    return "\n".join(
        f"Recall on {r['corpus']}, trained on {', '.join(r['trained_on'])}: "
        + ", ".join(f"{name} {value:.2f}" for name, value in r["recall"].items())
        + "."
        for r in reports.values()
    )


def card(folder: Path) -> str:
    """The card of the model in ``folder``, as Markdown."""
    manifest, reports = read_json(folder / "manifest.json"), read_json(folder / "report.json")
    return TEXT.format(
        name=manifest["name"],
        labels=", ".join(manifest["labels"]),
        layers=" and ".join(str(layer) for layer in manifest["head"]["encoder_layers"]),
        sequence=manifest["scales"]["sequence"],
        pooled=manifest["scales"]["pooled"],
        size_mb=Path(folder / manifest["file"]).stat().st_size / 1e6,
        corpora=corpus_rows(manifest),
        validation_speakers=", ".join(manifest["validation_speakers"]),
        reports=report_rows(reports),
        recalls=recall_lines(reports),
    )


def main() -> None:
    """Writes the card of one model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    folder = MODEL_FOLDER / parser.parse_args().model
    (folder / "CARD.md").write_text(card(folder), encoding="utf-8")
    print(f"Written: {folder / 'CARD.md'}")


if __name__ == "__main__":
    main()
