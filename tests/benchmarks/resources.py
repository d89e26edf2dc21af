"""What this process, and those that it started, have used of the machine."""

import resource


def usage() -> dict[str, float]:
    """Processor seconds, and the peaks of memory of this process and the largest other one that has ended, in megabytes
    (Linux counts them in kilobytes).
    """
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(each.ru_utime + each.ru_stime for each in used)
    return {"processor": processor, "memory": sum(each.ru_maxrss for each in used) / 1024}
