# Two stages: what installs packages stays behind. Serving needs neither TensorFlow nor Keras: requirements-serve.txt.
FROM python:3.11-slim AS packages

# The packages come before the sources, so that a change of code does not install them again. Hashes: what is
# installed next year is what was tested.
COPY requirements-serve.txt /tmp/
RUN python -m venv /opt/ser \
    && /opt/ser/bin/pip install --no-cache-dir --disable-pip-version-check --no-compile --require-hashes \
        -r /tmp/requirements-serve.txt \
    && /opt/ser/bin/pip uninstall --yes --quiet --disable-pip-version-check setuptools pip

# What no page ever loads: the packages' own tests, headers, parts for notebooks, clusters and GPUs.
WORKDIR /opt/ser/lib/python3.11/site-packages
RUN find . -type d -name tests -prune -exec rm -rf {} + \
    && rm -rf pyarrow/include pyarrow/src pyarrow/libarrow_flight.so.* pyarrow/_flight.*.so \
        pyarrow/libarrow_s3.so.* pyarrow/_s3fs.*.so \
        pyarrow/_pyarrow_cpp_tests.*.so pyarrow/libarrow_python.so pyarrow/libarrow_python.so.*.*.* \
        ai_edge_litert/libLiteRtWebGpuAccelerator.so ai_edge_litert/tools ai_edge_litert/vendors \
        plotly/labextension plotly/package_data/datasets plotly/package_data/plotly.min.js pydeck/nbextension/static \
        /opt/ser/share/jupyter /opt/ser/etc/jupyter

FROM python:3.11-slim

LABEL org.opencontainers.image.title="SER" \
      org.opencontainers.image.description="Which emotion a voice carries: page and HTTP API on one port."

# Debian's packages, from the list that other hosts read too; xargs, because the file has one name a line. Without its
# ffmpeg, which brings 600 MB for screens and cards: the wheel's, in one piece, does the same.
COPY packages.txt /tmp/
RUN apt-get update \
    && sed -i '/^ffmpeg$/d' /tmp/packages.txt \
    && xargs -r -a /tmp/packages.txt apt-get install -y --no-install-recommends \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /tmp/packages.txt

COPY --from=packages /opt/ser /opt/ser
WORKDIR /app
COPY app.py pyproject.toml ./
COPY .streamlit .streamlit
COPY model model
COPY processed_data processed_data
COPY ser ser

# The server runs as nobody in particular and writes nothing, or to /tmp alone, so that the root file system may be
# read-only. What Python compiles is therefore made here: all of ours, and of the packages what a first answer, its
# pictures and the downloads import.
ENV PATH=/opt/ser/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PORT=8501
RUN useradd --uid 1000 --create-home --shell /usr/sbin/nologin ser \
    && python -m compileall -q app.py ser \
    && python -c "import ser, pyarrow.parquet, plotly.io, xlsxwriter; from ser.ui import recognise, server; recognise.warmed_up(ser.load())"
USER 1000:1000

EXPOSE 8501
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/_stcore/health', timeout=4)"]

# A shell, because hosts choose the port at run time; exec, so that the server gets the signal to stop.
CMD ["sh", "-c", "exec python -m ser app --address 0.0.0.0 --port \"$PORT\""]
