# Portero in a container, without root. The base image is pinned by its digest, which has to be given:
#
#   docker build --build-arg DIGEST=sha256:… -t portero .
#   docker run --rm -e WA_SECRET -v "$PWD:/target" -u "$(id -u)" portero run --target staging.toml
#
# The project's own tests lint this file (hadolint); they do not build it.
ARG BASE=python:3.13-slim
ARG DIGEST

FROM ${BASE}@${DIGEST} AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/portero && /opt/portero/bin/pip install --no-cache-dir -c constraints.txt .

FROM ${BASE}@${DIGEST}
COPY --from=build /opt/portero /opt/portero
ENV PATH="/opt/portero/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
WORKDIR /target
USER 65532:65532
ENTRYPOINT ["portero"]
CMD ["run"]
