"""What the demo company's customers say, and which offers they get: user fields that its portal has.

As in `company_extras` all is decided by a hash of the row's id, so that the rest of the company stays what it is. The
types of user fields: https://apidocs.bitrix24.com/api-reference/crm/universal/userfieldconfig/index.html
"""

from b24kpi.demo.storage import Storage

NPS, OFFER, HELD_OUT = "UF_CRM_NPS", "UF_CRM_OFFER", "UF_CRM_NO_OFFERS"

_DAY = 86_400
# Offers went out on a day of every other month, to one company in four; one in eight gets none, drawn by lot.
_WAVES, _BETWEEN, _LATEST = 5, 60, 45

# Three of ten closed deals have an answer; whoever bought is kinder, and now and then somebody types nonsense.
_ANSWERS = f"""
UPDATE deal SET {NPS} = CASE
    WHEN (ID * 40503 >> 4) % 97 = 0 THEN 99
    WHEN STAGE_SEMANTIC_ID = 'S' THEN 10 - ((ID * 2654435761 >> 7) & 1023) * ((ID * 2654435761 >> 7) & 1023) / 116509
    ELSE ((ID * 2246822519 >> 6) & 1023) * 9 / 1023 END
WHERE STAGE_SEMANTIC_ID IN ('S', 'F') AND (ID * 3266489917 >> 9) % 10 < 3"""
_OFFERS = f"""
UPDATE company SET {OFFER} = date(
    $now - {_DAY} * ({_LATEST} + {_BETWEEN} * ((ID * 668265263 >> 8) % {_WAVES})), 'unixepoch')
WHERE (ID * 374761393 >> 10) % 8 IN (1, 2)"""
_LOT = f"UPDATE company SET {HELD_OUT} = CASE WHEN (ID * 374761393 >> 10) % 8 = 0 THEN 1 ELSE 0 END"


def install_voice(storage: Storage, *, now: int) -> None:
    """Adds the fields and fills them; `now` is in epoch seconds."""
    storage.add_user_field("CRM_DEAL", NPS, "integer", label="Чи порадите ви нас? (0–10)")
    storage.add_user_field("CRM_COMPANY", OFFER, "date", label="Персональна пропозиція від")
    storage.add_user_field("CRM_COMPANY", HELD_OUT, "boolean", label="Без пропозицій (жереб)")
    for statement in (_ANSWERS, _LOT):
        storage.execute(statement)
    storage.execute(_OFFERS, {"now": now})
