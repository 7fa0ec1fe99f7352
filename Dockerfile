FROM python:3.11-slim

# Debian's packages, from the list that other hosts read too. xargs: the file has one name a line.
COPY packages.txt /tmp/
RUN apt-get update \
    && xargs -r apt-get install -y --no-install-recommends </tmp/packages.txt \
    && rm -rf /var/lib/apt/lists/* /tmp/packages.txt

WORKDIR /app

# The packages come before the sources, so that a change of code does not install them again.
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action ignore -r requirements.txt

COPY app.py pyproject.toml ./
COPY .streamlit .streamlit
COPY model model
COPY ser ser

# The server runs as nobody in particular. numba keeps what it compiles in a folder of that user's; one run of the
# features while building leaves it there, so that the first recording is not the slow one.
ENV NUMBA_CACHE_DIR=/app/.cache/numba \
    PYTHONUNBUFFERED=1 \
    PORT=8501
RUN useradd --create-home --shell /usr/sbin/nologin ser && mkdir -p .cache/numba && chown -R ser:ser .cache
USER ser
RUN python -c "import numpy as np; from ser import features; x = np.sin(np.arange(16000.0)).astype('f4'); \
features.log_mel(features.trim_silence(x)); features.mfcc_with_deltas(x); features.summary(x); features.spectral_extras(x)"

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/_stcore/health', timeout=4)"]

# A shell, because hosts choose the port at run time; exec, so that the server gets the signal to stop.
CMD ["sh", "-c", "exec python -m streamlit run app.py --server.address 0.0.0.0 --server.port \"$PORT\" --server.headless true --browser.gatherUsageStats false"]
