"""lists.*, as far as somebody needs who writes a report into a list.

https://apidocs.bitrix24.com/api-reference/lists/lists/lists-add.html and its neighbours. Codes of lists and of their
elements are unique; an update clears what it does not name. Moments are told as the portal's people write them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.list_filters import fitting, sorting
from b24kpi.demo.list_shapes import LIST_COLUMNS, SETTINGS, field_row
from b24kpi.demo.php import Array
from b24kpi.demo.rest import PAGE, Call, Method, NotEmulated, Reply, RestError
from b24kpi.demo.storage import Row
from b24kpi.demo.universal_lists import LETTERS, Element, ListField, UniversalList, UniversalLists, is_known_right

_READ, _ADD, _CHANGE, _ALL = (LETTERS.index(letter) for letter in "REWX")
_KINDS = ("S", "N", "S:Date", "S:DateTime", "S:Money", "S:employee")
_SHOWN_FIRST = ("ID", "NAME", "IBLOCK_SECTION_ID", "CREATED_BY", "CODE")


# --- finding


def _lists(call: Call) -> UniversalLists:
    if _required(call, "IBLOCK_TYPE_ID") != "lists":
        raise NotEmulated("lists of processes and groups")
    if not call.portal.features.get("lists", True):
        raise RestError("ACCESS_DENIED", "Access denied! Available only on extended plans")
    return call.portal.apps.lists


def _required(call: Call, name: str) -> Any:
    value = call.params.get(name)
    if value in (None, "", {}):
        raise RestError("ERROR_REQUIRED_PARAMETERS_MISSING", f"Required parameter `{name}` is missing")
    return value


def _list(call: Call, level: int) -> UniversalList:
    """The list that a call names, where the caller may do so much. Raises RestError."""
    number, code = php.to_int(call.params.get("IBLOCK_ID")), php.to_string(call.params.get("IBLOCK_CODE", ""))
    known = _lists(call).lists.values()
    if not number and not code:
        _required(call, "IBLOCK_ID")
    found = [each for each in known if (each.id == number if number else each.code == code)]
    if not found:
        raise RestError("ERROR_IBLOCK_NOT_FOUND", "Iblock not found")
    if not call.caller.is_admin and found[0].level(call.caller.user_id) < level:
        raise _denied()
    return found[0]


def _denied() -> RestError:
    return RestError("ACCESS_DENIED", "Access denied")


def _element(call: Call, owner: UniversalList) -> Element:
    number, code = php.to_int(call.params.get("ELEMENT_ID")), php.to_string(call.params.get("ELEMENT_CODE", ""))
    if not number and not code:
        _required(call, "ELEMENT_ID")
    found = owner.elements.get(number) if number else owner.coded(code)
    if found is None:
        raise RestError("ERROR_ELEMENT_NOT_FOUND", "Element not found")
    return found


# --- lists and their fields


def add_list(call: Call) -> Reply:
    """lists.add, for administrators; the new id."""
    lists, code, fields = _lists(call), php.to_string(_required(call, "IBLOCK_CODE")), _required(call, "FIELDS")
    if not call.caller.is_admin:
        raise _denied()
    if not isinstance(fields, dict) or not fields.get("NAME"):
        raise RestError("ERROR_REQUIRED_PARAMETERS_MISSING", "Required parameter `NAME` is missing")
    given = call.params.get("RIGHTS")
    rights = {str(key): php.to_string(letter) for key, letter in given.items()} if isinstance(given, dict) else {}
    if unknown := [key for key, letter in rights.items() if not is_known_right(key, letter)]:
        raise NotEmulated(f"rights of {', '.join(unknown)} on lists")
    with lists.lock:
        if any(each.code == code for each in lists.lists.values()):
            raise RestError("ERROR_IBLOCK_ALREADY_EXISTS", "Iblock already exists")
        number = lists.number()
        name, about = php.to_string(fields["NAME"]), php.to_string(fields.get("DESCRIPTION", ""))
        sort, now = php.to_int(fields.get("SORT", 500)), int(call.state.now())
        rights = rights or {f"U{call.caller.user_id}": "X"}
        lists.lists[number] = UniversalList(number, code, name, about, sort, now, rights)
    return Reply(number)


def get_lists(call: Call) -> Reply:
    """lists.get: those that the caller may read, one by id or code."""
    number, code = php.to_int(call.params.get("IBLOCK_ID")), php.to_string(call.params.get("IBLOCK_CODE", ""))
    found = [
        each
        for each in _lists(call).lists.values()
        if (not number or each.id == number)
        and (not code or each.code == code)
        and (call.caller.is_admin or each.level(call.caller.user_id) >= _READ)
    ]
    return _page(call, [_list_row(call, each) for each in found])


def _page(call: Call, rows: list[Row]) -> Reply:
    """A negative start: the first fifty, not counted (read from the portal's source)."""
    if call.start < 0:
        return Reply(rows[:PAGE], total=0)
    following = call.start + PAGE
    return Reply(
        rows[call.start : following], total=len(rows), next=following if following < len(rows) else None, counted=True
    )


def _list_row(call: Call, each: UniversalList) -> Row:
    own = {"ID": str(each.id), "TIMESTAMP_X": _local(call, each.changed), "IBLOCK_TYPE_ID": "lists", "CODE": each.code}
    return {**own, "NAME": each.name, "SORT": str(each.sort), "DESCRIPTION": each.description, **LIST_COLUMNS}


def delete_list(call: Call) -> Reply:
    """lists.delete; true."""
    del _lists(call).lists[_list(call, _ALL).id]
    return Reply(True)


def add_field(call: Call) -> Reply:
    """lists.field.add: a property; `PROPERTY_{id}`."""
    owner, fields = _list(call, _ALL), _required(call, "FIELDS")
    values = {name: php.to_string(fields.get(name, "")) for name in ("NAME", "TYPE", "CODE", "IS_REQUIRED", "MULTIPLE")}
    for name in ("NAME", "TYPE"):
        if not values[name]:
            raise RestError("ERROR_REQUIRED_PARAMETERS_MISSING", f"Required parameter `{name}` is missing")
    if values["TYPE"] not in _KINDS:
        raise NotEmulated(f"fields of the type {values['TYPE']} in lists")
    if not values["CODE"]:
        raise RestError("ERROR_SAVE_FIELD", "Please fill the code fields")
    if any(each.code == values["CODE"] for each in owner.fields):
        raise RestError("ERROR_SAVE_FIELD", "Property already exists")
    sort = php.to_int(fields.get("SORT", 500))
    flags = values["IS_REQUIRED"] == "Y", values["MULTIPLE"] == "Y"
    new = ListField(_lists(call).number(), values["CODE"], values["NAME"], values["TYPE"], sort, *flags)
    owner.fields.append(new)
    return Reply(new.key)


def get_fields(call: Call) -> Reply:
    """lists.field.get: all by their ids, or the one of `FIELD_ID` by its type, as in the sample."""
    owner, wanted = _list(call, _READ), php.to_string(call.params.get("FIELD_ID", ""))
    name = {"FIELD_ID": "NAME", "SORT": 10, "NAME": "Назва", "IS_REQUIRED": "Y", "MULTIPLE": "N", "TYPE": "NAME"}
    rows = [{**name, "DEFAULT_VALUE": "", "SETTINGS": SETTINGS}, *map(field_row, owner.fields)]
    if wanted:
        return Reply({row["TYPE"]: row for row in rows if row["FIELD_ID"] == wanted} or [])
    return Reply({row["FIELD_ID"]: row for row in rows})


# --- elements


def add_element(call: Call) -> Reply:
    """lists.element.add; the new id."""
    owner, code = _list(call, _ADD), php.to_string(_required(call, "ELEMENT_CODE"))
    name, values = _values(call, owner)
    lists = _lists(call)
    with lists.lock:
        if owner.coded(code) is not None:
            raise RestError("ERROR_ELEMENT_ALREADY_EXISTS", "Element already exists")
        new = Element(lists.number(), code, name, call.caller.user_id, int(call.state.now()))
        lists.write(owner, new, values)
    return Reply(new.id)


def update_element(call: Call) -> Reply:
    """lists.element.update: what is not named is cleared; true."""
    owner = _list(call, _CHANGE)
    element = _element(call, owner)
    name, values = _values(call, owner)
    kept = Element(element.id, element.code, name, element.created_by, element.created)
    _lists(call).write(owner, kept, values)
    return Reply(True)


def delete_element(call: Call) -> Reply:
    """lists.element.delete; true."""
    owner = _list(call, _CHANGE)
    del owner.elements[_element(call, owner).id]
    return Reply(True)


def _values(call: Call, owner: UniversalList) -> tuple[str, dict[int, list[str]]]:
    """The name and the values by property of `FIELDS`. Raises RestError, NotEmulated."""
    given = _required(call, "FIELDS")
    if not isinstance(given, dict) or not given.get("NAME"):
        raise RestError("ERROR_REQUIRED_PARAMETERS_MISSING", "Required parameter `NAME` is missing")
    fields = {each.key: each for each in owner.fields}
    if unknown := [str(name) for name in given if name not in ("NAME", *fields)]:
        raise NotEmulated(f"{', '.join(unknown)} of list elements")
    values = {
        fields[str(key)].id: _texts(call, fields[str(key)], value) for key, value in given.items() if key != "NAME"
    }
    if missing := [each.name for each in owner.fields if each.is_required and not values.get(each.id)]:
        raise NotEmulated(f"an element without {', '.join(missing)}")
    return php.to_string(given["NAME"]), values


def _texts(call: Call, each: ListField, value: Any) -> list[str]:
    items = list(value.values()) if isinstance(value, dict) else [value]
    if len(items) > 1 and not each.is_multiple:
        raise NotEmulated(f"several values of {each.name}")
    return [_stored(each, php.to_string(item)) for item in items if item not in (None, "")]


def _stored(each: ListField, text: str) -> str:
    """Dates as the portal's people write them, whichever way they came."""
    if each.kind == "N" and not php.is_numeric(text):
        raise NotEmulated(f"{text} as a number in {each.name}")
    if each.kind not in ("S:Date", "S:DateTime"):
        return text
    is_day = each.kind == "S:Date"
    for pattern in ("%Y-%m-%d", "%d.%m.%Y") if is_day else ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S"):
        try:
            return datetime.strptime(text, pattern).strftime("%d.%m.%Y" if is_day else "%d.%m.%Y %H:%M:%S")
        except ValueError:
            continue
    raise NotEmulated(f"{text} as {'a date' if is_day else 'a moment'} in {each.name}")


def get_elements(call: Call) -> Reply:
    """lists.element.get: fifty a page; values stand under ids of their own."""
    owner = _list(call, _READ)
    number, code = php.to_int(call.params.get("ELEMENT_ID")), php.to_string(call.params.get("ELEMENT_CODE", ""))
    found = [
        each
        for each in owner.elements.values()
        if (not number or each.id == number) and (not code or each.code == code)
    ]
    for key, value in _array(call, "FILTER").items():
        fits = fitting(owner, str(key), value)
        found = [each for each in found if fits(each)]
    for name, way in reversed(list(_array(call, "ELEMENT_ORDER").items())):
        found.sort(key=sorting(owner, str(name).upper()), reverse=_is_falling(way))
    names = [php.to_string(name) for name in _array(call, "SELECT").values()]
    names = names or [*_SHOWN_FIRST, *(each.key for each in owner.fields)]
    return _page(call, [_row(call, owner, each, names) for each in found])


def _is_falling(way: Any) -> bool:
    return php.to_string(way).lower() == "desc"


def _array(call: Call, name: str) -> Array:
    given = call.params.get(name)
    return given if isinstance(given, dict) else {}


def _row(call: Call, owner: UniversalList, each: Element, names: list[str]) -> Row:
    own: Mapping[str, Any] = {
        "ID": str(each.id),
        "CODE": each.code,
        "NAME": each.name,
        "IBLOCK_SECTION_ID": None,
        "CREATED_BY": str(each.created_by),
        "DATE_CREATE": _local(call, each.created),
        "SORT": "500",
    }
    shown = {name: own[name] for name in names if name in own}
    for known in owner.fields:
        if known.key in names and known.id in each.values:
            shown[known.key] = {str(number): text for number, text in each.values[known.id].items()}
    return shown


def _local(call: Call, moment: int) -> str:
    """`31.12.2025 23:59:59`."""
    return datetime.fromisoformat(call.state.zone.iso(moment)).strftime("%d.%m.%Y %H:%M:%S")


METHODS = (
    Method("lists.add", "lists", add_list),
    Method("lists.get", "lists", get_lists),
    Method("lists.delete", "lists", delete_list),
    Method("lists.field.add", "lists", add_field),
    Method("lists.field.get", "lists", get_fields),
    Method("lists.element.add", "lists", add_element),
    Method("lists.element.get", "lists", get_elements),
    Method("lists.element.update", "lists", update_element),
    Method("lists.element.delete", "lists", delete_element),
)
