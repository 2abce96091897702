# The worker's image and, as `--target catcher` and `--target codec`, those of the mail catcher
# and the codec server. What they install is fixed by hashes; what they run is this checkout.
#
# Not older than Python 3.11.10: before it a reporter's title could inject a header into our
# letters (CVE-2024-6923).
FROM python:3.13.15-slim-trixie AS base

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1


FROM base AS packages

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /build

# An isolated build would fetch whatever backend is newest: --require-hashes does not reach
# into it. To make this list anew:
#   echo 'hatchling>=1.27,<2' | uv pip compile --generate-hashes --no-annotate --no-header -
COPY <<'LOCK' backend.lock
hatchling==1.33.0 \
    --hash=sha256:415290b84f464d2884303fca8974d38e7b85579069fab02a15db0828fbb1446d \
    --hash=sha256:4c422bd4d554fcff5de5b73e9596f85e41e9f97f7e553d8f7595ecb31a627bef
packaging==26.3 \
    --hash=sha256:94edc256424af38762eb31306eed28beb9f0efc50a8837492c9d6fd6004aed79 \
    --hash=sha256:d7193f7c8e4e93f444fde0262bf90af30e16fa0ad0ad44cb553c87339b23cd1c
pathspec==1.1.1 \
    --hash=sha256:17db5ecd524104a120e173814c90367a96a98d07c45b2e10c2f3919fff91bf5a \
    --hash=sha256:a00ce642f577bf7f473932318056212bc4f8bfdf53128c78bbd5af0b9b20b189
pluggy==1.7.0 \
    --hash=sha256:7dd7b0d8832ba3cb632c306926ded123429211b83641b35dc5c41ad2d34f9bec \
    --hash=sha256:d1eaa46ebb595891b860ab086b4d09c8588af65ebd4361b8e8f4bb8920b90ba8
tomlkit==0.15.2 \
    --hash=sha256:05562412163a3037b94497385fb7f9204c637bc605af7a48199e41cf2272f437 \
    --hash=sha256:83e32755ba1d20d9340bd069ee97e9f6232ba2346b63ffcba425de01f7e327a6
trove-classifiers==2026.9.21.13 \
    --hash=sha256:0a9ebc8d4e2f3e8a22848c5258033035bec17a3012ac3fea16dbaa764489eb71 \
    --hash=sha256:8b1ff4f9c191b1040b71c37f1e445ab99732911e3cd91de52838453a854d7a17
LOCK

COPY requirements.lock ./
RUN python -m venv --without-pip /opt/tacenda \
    && pip --python /opt/tacenda/bin/python install --require-hashes --only-binary :all: \
        -r requirements.lock \
    && pip install --require-hashes --only-binary :all: -r backend.lock

COPY . .
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && pip --python /opt/tacenda/bin/python install --no-deps --no-index /wheels/*.whl


FROM packages AS catcher-packages

RUN pip --python /opt/tacenda/bin/python install --require-hashes --only-binary :all: \
        -r requirements.lock -r requirements-catcher.lock


FROM packages AS codec-packages

RUN pip --python /opt/tacenda/bin/python install --require-hashes --only-binary :all: \
        -r requirements.lock -r requirements-codec.lock


FROM base AS account

# A number, so that a runtime which insists on a user other than root can see that it is one.
RUN groupadd --gid 10001 tacenda \
    && useradd --uid 10001 --gid tacenda --no-create-home --home-dir /var/lib/tacenda \
        --shell /usr/sbin/nologin tacenda \
    && install --directory --owner=tacenda --group=tacenda --mode=0700 /var/lib/tacenda

ENV PATH=/opt/tacenda/bin:$PATH


FROM account AS catcher

COPY --from=catcher-packages /opt/tacenda /opt/tacenda

USER 10001:10001

# It greets who brings a letter, and serves its page; neither leaves a trace among the letters.
HEALTHCHECK --interval=30s --timeout=20s --start-period=30s --retries=3 CMD ["python", "-c", "\
import smtplib, sys; \
from http.client import HTTPConnection; \
smtplib.SMTP('127.0.0.1', 2525, local_hostname='localhost', timeout=5).quit(); \
page = HTTPConnection('127.0.0.1', 8025, timeout=5); \
page.request('GET', '/style.css'); \
sys.exit(page.getresponse().status != 200)"]

STOPSIGNAL SIGTERM

# Letters from this host alone; the page on every address, for a port is published to that of
# the container and not to its loopback.
ENTRYPOINT ["python", "-m", "tacenda.local.catch", \
    "--smtp", "127.0.0.1:2525", "--page", "0.0.0.0:8025", "--mail", "/var/lib/tacenda/mail", \
    "--leave-with-network"]


FROM account AS codec

COPY --from=codec-packages /opt/tacenda /opt/tacenda

ENV TACENDA_CONFIG=/etc/tacenda/tacenda.toml \
    TACENDA_HOME=/var/lib/tacenda

USER 10001:10001

HEALTHCHECK --interval=30s --timeout=20s --start-period=30s --retries=3 CMD ["python", "-c", "\
import sys; \
from http.client import HTTPConnection; \
page = HTTPConnection('127.0.0.1', 8081, timeout=5); \
page.request('GET', '/style.css'); \
sys.exit(page.getresponse().status != 200)"]

STOPSIGNAL SIGTERM

# On every address, for a port is published to that of the container and not to its loopback.
ENTRYPOINT ["tacenda", "codec"]
CMD ["--listen", "0.0.0.0:8081"]


# The last one, so that it is what a build without a target makes.
FROM account AS worker

COPY --from=packages /opt/tacenda /opt/tacenda

# Readable for that user, whatever the umask was under which the checkout was made.
WORKDIR /app
COPY --chmod=0755 worker.py ./
COPY --chmod=0755 workflows workflows
COPY --chmod=0755 activities activities
# The account below cannot write the compiled modules that every start would else make anew.
RUN python -m compileall -q /app

ENV TACENDA_CONFIG=/etc/tacenda/tacenda.toml \
    TACENDA_HOME=/var/lib/tacenda

USER 10001:10001

# What `tacenda doctor` asks of the server: does a worker ask for work? The server remembers
# one for five minutes; a worker that ends is noticed at once, by whoever runs the container.
# os._exit, because the SDK's native part can abort a short process after its work is done.
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 CMD ["python", "-c", "\
import asyncio, os; \
from tacenda.checks import check_server; \
from tacenda.cli.session import client; \
runner = asyncio.Runner(); \
found = runner.run(check_server(runner.run(client()))); \
os._exit(any(part.part == 'worker' and part.status != 'ok' for part in found))"]

# The worker takes it as: finish the letters in hand, and end.
STOPSIGNAL SIGTERM

ENTRYPOINT ["python", "worker.py"]
