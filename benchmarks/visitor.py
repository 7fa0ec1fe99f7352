"""What one visitor does, for locust: a clip, and the next one ten seconds after."""

from __future__ import annotations

import os
from pathlib import Path

from locust import HttpUser, constant_throughput, task

CLIP = Path(os.environ["SER_LOAD_CLIP"]).read_bytes()
EVERY_S = 10


class Visitor(HttpUser):
    """Asks through the API."""

    wait_time = constant_throughput(1 / EVERY_S)

    @task
    def ask(self) -> None:
        """Uploads the clip."""
        self.client.post("/api/v1/predict", files={"file": ("clip.wav", CLIP)})
