"""Properties that are computed at their first use and kept."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Kept = TypeVar("Kept")


class lazy(Generic[Kept]):  # noqa: N801 - used as a decorator, like property
    """As `functools.cached_property`, which until Python 3.12 has one lock for all instances of a class.

    There a thread that computes something long, or waits for its turn at the cache, would keep waiting every other one
    that needs the same property of an object of its own.
    https://docs.python.org/3/library/functools.html#functools.cached_property
    """

    def __init__(self, compute: Callable[[Any], Kept]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Kept: ...

    def __get__(self, instance: object, owner: type) -> Self | Kept:
        if instance is None:
            return self
        kept: Kept = self._compute(instance)
        instance.__dict__[self._name] = kept
        return kept
