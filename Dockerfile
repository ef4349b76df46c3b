# One worker. Redis is elsewhere: set TANDEM_REDIS_URL, and keys or TANDEM_DEMO_OPEN.
FROM python:3.13-slim AS build
WORKDIR /build
# Lists take longer without a compiler.
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
RUN python -m venv /venv
# The requirements first: they are built again only when they change.
COPY requirements/run.txt requirements/
RUN /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements/run.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY scoring scoring
COPY store store
COPY service service
COPY web web
COPY demo demo
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
  && /venv/bin/pip uninstall --yes cython hatchling setuptools

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home tandem
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
USER tandem
EXPOSE 5000
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:5000/healthz', timeout=2)"]
CMD ["tandem", "serve", "--host", "0.0.0.0"]
