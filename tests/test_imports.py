"""Imports run one way: Streamlit at the edge only, and nothing that serves needs the training side or TensorFlow."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SERVING = (
    "ser.errors",
    "ser.constants",
    "ser.language",
    "ser.containers",
    "ser.leash",
    "ser.ffmpeg",
    "ser.intake",
    "ser.audio",
    "ser.speech",
    "ser.quality",
    "ser.passages",
    "ser.short_time",
    "ser.mel",
    "ser.chroma",
    "ser.pitch",
    "ser.features",
    "ser.curves",
    "ser.sureness",
    "ser.manifest",
    "ser.prediction",
    "ser.inputs",
    "ser.ears",
    "ser.listening",
    "ser.streaming",
    "ser.catalogue",
    "ser.recognizer",
    "ser.timeline",
    "ser.plots",
    "ser.corpus_titles",
    "ser.ranking",
    "ser.report_plots",
    "ser.corpus_plots",
    "ser.zipped",
    "ser.uploads",
    "ser.journal",
    "ser.telemetry",
    "ser.turns",
    "ser.api_schema",
    "ser.api_problems",
    "ser.api_watch",
    "ser.api",
    "ser.cli",
    "ser.commands.recordings",
    "ser.outcome",
    "ser.commands.answer_files",
    "ser.commands.audformat_files",
    "ser.commands.predict",
    "ser.explanation",
    "ser.commands.explain",
    "ser.commands.app",
)
TRAINING = (
    "ser.corpora",
    "ser.processed",
    "ser.splits",
    "ser.protocols",
    "ser.augment",
    "ser.frames",
    "ser.encoder",
    "ser.models",
    "ser.regression",
    "ser.familiarity",
    "ser.robustness",
    "ser.training",
    "ser.evaluation",
    "ser.shipping",
    "ser.calibration",
    "ser.input_cache",
    "ser.rows",
    "ser.networks",
    "ser.estimators",
    "ser.classifier",
    "ser.fitting",
    "ser.fold_keys",
    "ser.comparison",
    "ser.standings",
    "ser.people",
    "ser.classic",
    "ser.tuning",
)
TRAINING_LIBRARIES = ("tensorflow", "keras", "sklearn")
# The order of the design: a module may import those before it, never those after it.
ORDER = (
    *(
        "errors",
        "constants",
        "language",
        "containers",
        "leash",
        "ffmpeg",
        "intake",
        "audio",
        "speech",
        "quality",
        "passages",
        "short_time",
        "mel",
        "chroma",
        "pitch",
        "features",
    ),
    *(
        "inputs",
        "ears",
        "prediction",
        "listening",
        "streaming",
        "catalogue",
        "recognizer",
        "timeline",
        "plots",
        "ranking",
        "report_plots",
        "corpus_plots",
        "ui",
    ),
)


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {_module_name(path): path for path in (ROOT / "app.py", *sorted((ROOT / "ser").rglob("*.py")))}
UI = tuple(name for name in SOURCES if name == "app" or name.startswith("ser.ui"))


def _imported(node: ast.AST, module: str) -> Iterator[str]:
    """Absolute names that one import statement names."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = module.split(".")
            above = above if SOURCES[module].name == "__init__.py" else above[:-1]
            base = ".".join([*above[: len(above) - node.level + 1], base]).rstrip(".")
        for alias in node.names:
            yield f"{base}.{alias.name}"


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _statements(tree: ast.AST, inside_functions: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if _is_type_checking(node):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not inside_functions:
            continue
        yield node
        yield from _statements(node, inside_functions)


def imports(module: str, inside_functions: bool) -> set[str]:
    """Everything that a module of the project imports: when it is itself imported, or also when its functions run."""
    tree = ast.parse(SOURCES[module].read_text(encoding="utf-8"))
    return {name for node in _statements(tree, inside_functions) for name in _imported(node, module)}


def _is_within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def _closure(module: str) -> set[str]:
    """Everything that importing a module imports, the project's own modules followed."""
    seen: set[str] = set()
    todo = [module]
    while todo:
        for name in imports(todo.pop(), inside_functions=False):
            if name not in seen:
                seen.add(name)
                parents = [name.rsplit(".", i)[0] for i in range(name.count(".") + 1)]
                todo.extend(parent for parent in parents if parent in SOURCES)
    return seen


def test_modules_named_here_exist() -> None:
    """A renamed module must not slip out of the rules below."""
    assert [name for name in (*SERVING, *TRAINING) if name not in SOURCES] == []


@pytest.mark.parametrize("module", [name for name in SOURCES if name not in UI])
def test_streamlit_stays_at_the_edge(module: str) -> None:
    found = imports(module, inside_functions=True)
    assert [name for name in found if _is_within(name, ("streamlit",))] == []


@pytest.mark.parametrize("module", [name for name in SOURCES if name not in UI and name != "ser.commands.app"])
def test_nothing_imports_the_page(module: str) -> None:
    assert [name for name in imports(module, inside_functions=True) if _is_within(name, ("ser.ui", "app"))] == []


@pytest.mark.parametrize("module", [*SERVING, *UI])
def test_serving_never_imports_the_training_side(module: str) -> None:
    assert [name for name in imports(module, inside_functions=True) if _is_within(name, TRAINING)] == []
    loaded = _closure(module)
    assert [name for name in loaded if _is_within(name, (*TRAINING, *TRAINING_LIBRARIES))] == []


@pytest.mark.parametrize("module", ORDER)
def test_order_of_the_design(module: str) -> None:
    later = tuple(f"ser.{name}" for name in ORDER[ORDER.index(module) + 1 :])
    for name in SOURCES:
        if _is_within(name, (f"ser.{module}",)):
            found = imports(name, inside_functions=True)
            assert [imported for imported in found if _is_within(imported, later)] == [], name


def _loaded_by(code: str) -> set[str]:
    code = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(answer.stdout.splitlines()[-1]))


HEAVY = {"tensorflow", "keras", "librosa", "streamlit", "plotly", "sklearn", "pandas", "numba"}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_nothing_heavy(option: str) -> None:
    loaded = _loaded_by(
        f"from ser import cli\ntry:\n    cli.main(['{option}'])\nexcept SystemExit as end:\n    assert not end.code"
    )
    assert "ser.cli" in loaded
    assert loaded & (HEAVY | {"numpy"}) == set()


def test_import_ser_costs_nothing() -> None:
    assert _loaded_by("import ser") & (HEAVY | {"numpy"}) == set()


def test_what_is_public_is_there_after_import_ser_when_it_is_asked_for() -> None:
    loaded = _loaded_by("import ser\nassert set(ser.__all__) <= set(dir(ser))\nser.features.summary_names()")
    assert "ser.features" in loaded
    assert loaded & HEAVY == set()
    assert {"ser.recognizer", "ser.classifier"} <= _loaded_by("import ser\nfor one in ser.__all__: getattr(ser, one)")


def test_predict_loads_neither_tensorflow_nor_training_nor_librosa() -> None:
    """An answer, and not just the imports before it: what a function imports when it runs would come late."""
    example = next((ROOT / "ser" / "ui" / "examples").glob("*.ogg"))
    loaded = _loaded_by(f"from ser import cli\ncli.main(['predict', '--format', 'jsonl', {str(example)!r}])")
    assert "ai_edge_litert" in loaded
    assert loaded & (HEAVY | {"scipy", *TRAINING}) == set()


def test_pictures_and_classic_inputs_need_no_library_of_training() -> None:
    """The container has neither librosa nor scipy."""
    loaded = _loaded_by(
        "import numpy as np\nfrom ser import audio, features, inputs, plots\nfrom ser.ui import pictures\n"
        "sound = audio.from_samples(np.random.default_rng(0).normal(0, 0.1, 48_000).astype(np.float32), 16_000)\n"
        "more = [draw for draw, _ in pictures.MORE.values()]\n"
        "for draw in (plots.waveform, plots.mel_spectrogram, plots.mfcc, *more):\n"
        "    draw(sound).to_json()\n"
        "for kind in inputs.INPUTS.values():\n    kind.make(sound.samples)"
    )
    assert "plotly" in loaded
    assert loaded & {"librosa", "numba", "scipy", *TRAINING_LIBRARIES} == set()
