"""b24kpi: portal → cache → facts → metrics → report → (sinks) portal."""

import os

__version__ = "0.1.0"

# After each product of matrices numpy's library lets its threads wait for the next one at full speed, for milliseconds:
# ours are small and far between, and the other processor has something to do. Who sets it himself has his way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
