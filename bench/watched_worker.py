"""`worker.py` as it is, with the SDK's own counters on a port, and another cache where asked.

The port stands in BENCH_METRICS (`HOST:PORT`), the number of cases it keeps in BENCH_CACHE.
"""

import os
import sys

from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

import worker

METRICS = "BENCH_METRICS"
CACHE = "BENCH_CACHE"


def _runtime(_level: str = "") -> Runtime:
    metrics = PrometheusConfig(bind_address=os.environ[METRICS])
    return Runtime(telemetry=TelemetryConfig(metrics=metrics))


if __name__ == "__main__":
    worker.logs.runtime = _runtime  # type: ignore[attr-defined]
    if CACHE in os.environ:
        worker.MAX_CACHED_CASES = int(os.environ[CACHE])
    code = worker.main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The SDK's native part can abort a process at interpreter exit (sdk-python#300).
    os._exit(code)
