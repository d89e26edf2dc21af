"""A look at the universal list that the demo portal holds after a push."""

from typing import Any

from b24kpi.demo.server import DemoPortal
from b24kpi.demo.universal_lists import Element, UniversalList

WRITING = ("lists.add", "lists.field.add", "lists.element.add", "lists.element.update", "lists.element.delete")


def lists(demo: DemoPortal) -> list[UniversalList]:
    return list(demo.apps.lists.lists.values())


def the_list(demo: DemoPortal) -> UniversalList:
    (found,) = lists(demo)
    return found


def elements(demo: DemoPortal) -> list[dict[str, Any]]:
    """Key, title and single values by the codes of the fields."""
    return [shown(the_list(demo), each) for each in the_list(demo).elements.values()]


def shown(owner: UniversalList, each: Element) -> dict[str, Any]:
    values = {field.code: next(iter(each.values.get(field.id, {}).values()), None) for field in owner.fields}
    return {"key": each.code, "title": each.name, **values}


def keys(demo: DemoPortal) -> list[str]:
    return sorted(each["key"] for each in elements(demo))


def writes(demo: DemoPortal) -> dict[str, int]:
    """How often each writing method was called."""
    return {method: demo.stats.by_method[method] for method in WRITING if demo.stats.by_method[method]}
