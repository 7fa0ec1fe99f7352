"""What the HTTP API answers, as its OpenAPI document tells it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ser.constants import EMOTIONS
from ser.prediction import Prediction
from ser.timeline import timeline

Emotion = Annotated[str, Field(json_schema_extra={"enum": list(EMOTIONS)})]


class Score(BaseModel):
    """One emotion and its calibrated probability."""

    emotion: Emotion
    probability: float = Field(ge=0, le=1)


class Part(BaseModel):
    """A stretch of speech in which one emotion is the likeliest; between parts nobody speaks."""

    start_s: float = Field(ge=0)
    stop_s: float = Field(ge=0)
    emotion: Emotion
    probability: float = Field(ge=0, le=1)
    sure: bool


class QualityRemark(BaseModel):
    """What is wrong with the sound."""

    kind: str
    text: str


class Answer(BaseModel):
    """Which emotion a recording carries."""

    emotion: Emotion | None = Field(description="The likeliest emotion; null where nobody speaks.")
    sure: bool = Field(description="Whether it is likely enough to be the one answer; false where nobody speaks.")
    ranking: list[Score] = Field(description="All eight emotions, the likeliest first; the probabilities sum to 1.")
    speech_found: bool
    voice: float = Field(ge=0, le=1, description="Probability that there is a voice at all.")
    familiar: float = Field(ge=0, le=1, description="Probability that it sounds like what taught the model.")
    duration_s: float = Field(ge=0)
    speech_s: float | None = Field(description="How much of it is speech.")
    parts: list[Part] = Field(description="What is heard when; one or none for recordings up to 6 s.")
    shares: dict[str, float] = Field(description="Share of the speech in which each emotion is the likeliest.")
    remarks: list[QualityRemark]
    model: str
    seconds: float = Field(ge=0, description="Time that the answer took, on the server.")

    @classmethod
    def of(cls, prediction: Prediction) -> Answer:
        """The same, from what the recognizer said."""
        found = timeline(prediction)
        heard = prediction.has_voice
        return cls(
            emotion=prediction.emotion if heard else None,
            sure=prediction.is_sure and heard,
            ranking=[Score(emotion=one.emotion, probability=one.probability) for one in prediction.scores],
            speech_found=heard,
            voice=prediction.voice,
            familiar=prediction.familiar,
            duration_s=prediction.recording.duration_s,
            speech_s=prediction.speech.speech_s if prediction.speech else None,
            parts=[Part(**{name: getattr(one, name) for name in Part.model_fields}) for one in found.segments],
            shares=found.shares,
            remarks=[QualityRemark(kind=one.kind, text=one.text) for one in prediction.remarks],
            model=prediction.model,
            seconds=prediction.timing.total_s,
        )


class Model(BaseModel):
    """A model that can be asked for by name."""

    name: str
    title: str
    use: str = Field(description="What it may be used for.")
    default: bool


class Health(BaseModel):
    """Whether the server answers."""

    status: Literal["ok"]
    version: str


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    type: str = Field(description="Names the kind of problem.")
    title: str
    status: int
    detail: str = Field(description="What was seen, what the limit is, and what to do.")
