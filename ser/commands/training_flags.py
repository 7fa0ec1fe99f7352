"""A flag for each setting of how a model learns, for ``ser train``, ``evaluate`` and ``robustness``."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from ser.draws import TrainSettings
from ser.errors import ModelError
from ser.models.registry import MODELS, ModelSpec, NetworkSettings, with_settings
from ser.recipes import RECIPES


@dataclass(frozen=True)
class Flag:
    """How a setting is given.

    Attributes:
        what: it means, in words.
        kind: of its value; ``bool`` makes ``--name`` and ``--no-name``.
        low, high: the least and the greatest value.
        choices: the only ones there are.
    """

    what: str
    kind: type = int
    low: float = 1
    high: float = math.inf
    choices: tuple[str, ...] = ()


FLAGS: Final = {
    "epochs": Flag(
        "passes over the training rows at most, or over --epoch-clips draws; fewer if --patience ends it. Lifts the "
        "limit of --row-visits"
    ),
    "epoch_clips": Flag("clips drawn an epoch, corpora and emotions evenly"),
    "row_visits": Flag("rows seen at most over all epochs, so that large sets get fewer; 0: no such limit", low=0),
    "batch_clips": Flag("clips a step"),
    "batch_rows": Flag("rows a step"),
    "optimizer": Flag("what turns gradients into steps", str, choices=("adamw", "muon")),
    "learning_rate": Flag("how far a step goes, at its largest", float, 1e-7, 1.0),
    "one_cycle": Flag(
        "the learning rate rises and falls once over all epochs; otherwise it is halved where validation stands still",
        bool,
    ),
    "logistic_c": Flag("inverse strength of the regularisation of the regressions on speech frames", float, 1e-9),
    "weight_decay": Flag("how much weights shrink a step, times the learning rate", float, 0, 1),
    "mixup": Flag("share of batches whose clips are mixed in pairs", float, 0, 1),
    "masks": Flag(
        "SpecAugment: share of batches with a stretch of time and one of frequency blanked, for models that read "
        "frames or pictures",
        float, 0, 1,
    ),
    "label_smoothing": Flag("probability that the targets spread over the other emotions", float, 0, 0.99),
    "class_weights": Flag("emotions count the same in all, however many clips each has", bool),
    "watch": Flag("what validation speakers choose the epoch by", str, choices=("val_loss", "val_accuracy")),
    "patience": Flag("epochs without a better validation before training stops; the best epoch's weights stay"),
    "seed": Flag("of weights, order, draws and mixing: the same seed gives the same model", low=0, high=2**31 - 1),
}  # fmt: skip
PARAMETER: Final = "parameter"


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """A flag a setting, all of them left to the model unless given."""
    group = parser.add_argument_group(
        "how the model learns", "Each model has settings of its own; a flag changes one, and is refused by a model "
        "that has no such setting.",
    )  # fmt: skip
    for name, flag in FLAGS.items():
        words, text = "--" + name.replace("_", "-"), f"{flag.what} ({_defaults(name)})"
        if flag.kind is bool:
            group.add_argument(words, action=argparse.BooleanOptionalAction, default=None, help=text)
        elif flag.choices:
            group.add_argument(words, choices=flag.choices, help=text)
        else:
            group.add_argument(words, type=_number(flag), metavar="N" if flag.kind is int else "X", help=text)
    group.add_argument(
        f"--{PARAMETER}", nargs="+", default=[], metavar="NAME=VALUE",
        help="linear models, MLP and trees: parameters of the classifier, as its library names them, such as C=0.1",
    )  # fmt: skip


def _number(flag: Flag) -> Callable[[str], float]:
    """What argparse reads a flag's number with."""

    def read(text: str) -> float:
        """A number within the flag's limits; argparse shows the sentence of what is raised."""
        low, high = _shown(flag.low), _shown(flag.high)
        up_to = f"from {low} to {high}" if math.isfinite(flag.high) else f"of {low} or more"
        limits = f"a {'whole ' if flag.kind is int else ''}number {up_to}"
        try:
            value = flag.kind(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"'{text}' is not {limits}") from error
        if not flag.low <= value <= flag.high:
            raise argparse.ArgumentTypeError(f"{text} is not {limits}")
        return float(value) if flag.kind is float else int(value)

    return read


def _defaults(name: str) -> str:
    """What the models have: the bundled ones' value, and the range or the values of the networks'."""
    said = []
    if hasattr(TrainSettings, name):
        said.append(f"bundled models: {_shown(getattr(TrainSettings, name))}")
    if hasattr(NetworkSettings, name):
        values = sorted({getattr(spec.training, name) for spec in MODELS.values() if spec.network})
        shown = [_shown(value) for value in values]
        few = ", ".join(shown) if len(shown) < 3 else f"{shown[0]} to {shown[-1]}"
        said.append(f"networks: {few}")
    return "; ".join(said)


def _shown(value: float | str) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:g}"


def given(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that the command line changes, by name; what is changed of a classifier as ``parameter``."""
    changed = {name: getattr(options, name) for name in FLAGS if getattr(options, name) is not None}
    return changed | ({PARAMETER: options.parameter} if options.parameter else {})


def bundled_settings(options: argparse.Namespace) -> TrainSettings:
    """How a bundled model is trained.

    Raises:
        ModelError: a flag is given that it has no setting for.
    """
    changed = given(options)
    _refuse(changed, {field.name for field in fields(TrainSettings)}, "a bundled model")
    return replace(TrainSettings(), **changed)


def changed_spec(spec: ModelSpec, options: argparse.Namespace) -> ModelSpec:
    """A model of the registry with the settings that the command line gives.

    Raises:
        ModelError: a flag is given that it has no setting for, or a classifier does not know a parameter.
    """
    changed = given(options)
    if not changed:
        return spec
    if spec.network:
        known = set(asdict(spec.training)) - ({"masks"} if not spec.reads_frames else set())
        _refuse(changed, known, f"'{spec.name}'")
        return with_settings(spec, {"row_visits": 0} | changed if "epochs" in changed else changed)
    if spec.estimator is None:
        raise ModelError(
            f"Settings of '{spec.name}' can be changed where it is trained on all corpora (ser train, ser evaluate by "
            f"speaker, sentence or corpus; {', '.join(RECIPES)}), not here: {_flags(changed)}."
        )
    _refuse(changed, {PARAMETER, "seed"}, f"'{spec.name}'")
    if "seed" in changed:
        spec = replace(spec, training=replace(spec.training, seed=changed["seed"]))
    parameters = dict(_parameter(text) for text in changed.get(PARAMETER, ()))
    return with_settings(spec, parameters) if parameters else spec


def as_flags(spec: ModelSpec, settings: Mapping[str, Any]) -> str:
    """Settings as words of a command line, such as a search has found them."""
    if spec.network:
        return " ".join(f"{_flags([name])} {value:.4g}" for name, value in settings.items())
    return " ".join([f"--{PARAMETER}", *(f"{name}={value:.4g}" for name, value in settings.items())])


def _parameter(text: str) -> tuple[str, Any]:
    name, mark, value = text.partition("=")
    if not (name and mark and value):
        raise ModelError(f"'{text}' is no parameter of a classifier. Write NAME=VALUE, such as C=0.1.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value  # a word, such as balanced


def _refuse(changed: Iterable[str], known: set[str], who: str) -> None:
    if unknown := [name for name in changed if name not in known]:
        raise ModelError(
            f"{_flags(unknown)} {'is no setting' if len(unknown) == 1 else 'are no settings'} of {who}, which has: "
            f"{_flags(name for name in (*FLAGS, PARAMETER) if name in known)}."
        )


def _flags(names: Iterable[str]) -> str:
    return ", ".join("--" + name.replace("_", "-") for name in names)
