"""What lists.get and lists.field.get tell besides a list's own values, as in their samples."""

from types import MappingProxyType

from b24kpi.demo.storage import Row
from b24kpi.demo.universal_lists import ListField

SETTINGS = {
    "SHOW_ADD_FORM": "Y",
    "SHOW_EDIT_FORM": "Y",
    "ADD_READ_ONLY_FIELD": "N",
    "EDIT_READ_ONLY_FIELD": "N",
    "SHOW_FIELD_PREVIEW": "N",
}

_NEVER_FILLED = ("API_CODE", "LIST_PAGE_URL", "DETAIL_PAGE_URL", "SECTION_PAGE_URL", "CANONICAL_PAGE_URL", "PICTURE")
LIST_COLUMNS = MappingProxyType(
    {
        **dict.fromkeys(_NEVER_FILLED),
        "LID": "s1",
        "ACTIVE": "Y",
        "DESCRIPTION_TYPE": "text",
        "RSS_TTL": "24",
        "RSS_ACTIVE": "Y",
        "RSS_FILE_ACTIVE": "N",
        "RSS_FILE_LIMIT": None,
        "RSS_FILE_DAYS": None,
        "RSS_YANDEX_ACTIVE": "N",
        "XML_ID": None,
        "TMP_ID": None,
        "INDEX_ELEMENT": "Y",
        "INDEX_SECTION": "N",
        "WORKFLOW": "N",
        "BIZPROC": "N",
        "SECTION_CHOOSER": "L",
        "LIST_MODE": None,
        "RIGHTS_MODE": "E",
        "SECTION_PROPERTY": None,
        "PROPERTY_INDEX": None,
        "VERSION": "1",
        "LAST_CONV_ELEMENT": "0",
        "SOCNET_GROUP_ID": None,
        "EDIT_FILE_BEFORE": None,
        "EDIT_FILE_AFTER": None,
        "SECTIONS_NAME": "Розділи",
        "SECTION_NAME": "Розділ",
        "ELEMENTS_NAME": "Елементи",
        "ELEMENT_NAME": "Елемент",
        "REST_ON": "N",
        "FULLTEXT_INDEX": "N",
        "EXTERNAL_ID": None,
        "LANG_DIR": "/",
        "SERVER_NAME": None,
    }
)


def field_row(each: ListField) -> Row:
    """A property."""
    kind, _, user_type = each.kind.partition(":")
    return {
        "FIELD_ID": each.key,
        "SORT": each.sort,
        "NAME": each.name,
        "IS_REQUIRED": "Y" if each.is_required else "N",
        "MULTIPLE": "Y" if each.is_multiple else "N",
        "DEFAULT_VALUE": "",
        "TYPE": each.kind,
        "PROPERTY_TYPE": kind,
        "PROPERTY_USER_TYPE": {"USER_TYPE": user_type} if user_type else False,
        "CODE": each.code,
        "ID": str(each.id),
        "LINK_IBLOCK_ID": None,
        "ROW_COUNT": "1",
        "COL_COUNT": "30",
        "USER_TYPESETTINGS": None,
        "SETTINGS": SETTINGS,
    }
