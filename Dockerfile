# Masugata in a container. Nothing in it is written to but /var/lib/masugata: run it with --read-only and a volume there.
#   docker build -t masugata . && docker run --read-only -v masugata:/var/lib/masugata -p 127.0.0.1:8080:8080 masugata
# An installation mounts its own configuration over /etc/masugata and names files in /var/lib/masugata absolutely.
ARG PYTHON=python:3.11-slim

FROM ${PYTHON} AS builder
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
# What Argon2 is compiled for: processors since 2015. Another machine says --build-arg MARCH=x86-64-v2 or armv8-a.
ARG MARCH=x86-64-v3
WORKDIR /build
COPY requirements.txt requirements-build.txt setup.cfg pyproject.toml README.md LICENSE ./
COPY .ci/environment .ci/environment
COPY keys keys
COPY storage storage
COPY idp idp
COPY protocols protocols
COPY themes themes
COPY conf conf
RUN .ci/environment /opt/masugata . \
    && /opt/masugata/bin/pip uninstall --yes --quiet -r requirements-build.txt \
    && /opt/masugata/bin/pip uninstall --yes --quiet pip
# The demo listens to the port that the container publishes, and keeps its data in the volume.
RUN sed -i 's|^  # http: .*|  http: "*:8080"|' conf/idp.yaml && grep -q '^  http: "\*:8080"$' conf/idp.yaml \
    && ln -s /var/lib/masugata conf/var

FROM ${PYTHON}
RUN useradd --system --uid 10001 --home-dir /var/lib/masugata masugata \
    && install --directory --owner masugata --mode 0700 /var/lib/masugata
COPY --from=builder /opt/masugata /opt/masugata
COPY --from=builder /build/conf /etc/masugata
COPY docs/sbom.cdx.json docs/licences.md /usr/share/doc/masugata/
ENV PATH=/opt/masugata/bin:$PATH MASUGATA_CONFIG=/etc/masugata PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER masugata
WORKDIR /var/lib/masugata
VOLUME /var/lib/masugata
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=6s --start-period=5s CMD ["idp", "health"]
CMD ["idp", "serve"]
