"""How a process ends that has another one at work."""

import signal
from subprocess import Popen


def end(process: "Popen[str]", number: signal.Signals) -> None:
    """By a signal, within seconds, the other one with it: who shares its standard error keeps that open."""
    process.send_signal(number)
    try:
        errors = process.communicate(timeout=20)[1]
    finally:
        process.kill()  # one that did not end would be waited for
    assert process.returncode == -number
    assert errors.count("Traceback") == (number == signal.SIGINT)  # its own, of an interrupt
