"""What this process has used of the machine."""

import resource


def usage() -> dict[str, float]:
    """Processor seconds, and the peak of memory in megabytes (Linux counts it in kilobytes)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"processor": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}
