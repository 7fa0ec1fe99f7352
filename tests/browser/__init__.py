"""Server, bundled model and headless Chromium, nothing replaced."""
