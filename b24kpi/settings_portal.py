"""Settings of how the portal is reached: a webhook, or a local application and its surroundings."""

from typing import Annotated, Self

from pydantic import AfterValidator, SecretStr, model_validator

from b24kpi import settings_addresses as addresses
from b24kpi import settings_checks as checks
from b24kpi.settings_section import Section


class PortalSettings(Section):
    """How to reach the portal.

    Attributes:
        webhook_url: incoming webhook, `https://HOST/rest/USER/CODE/`; "" where only the cache is used.
        client_id, client_secret, public_url: keys of a local application and the address where it is reached.
        plan: key of `portal.limiter.PLANS`.
        time_zone, currency: "" for the portal's own.
        bi_key: of the BI connector, for a first load in bulk; "" for REST alone.
    """

    webhook_url: SecretStr = SecretStr("")
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    public_url: Annotated[str, AfterValidator(addresses.public_url)] = ""
    plan: Annotated[str, AfterValidator(checks.plan)] = "standard"
    time_zone: Annotated[str, AfterValidator(checks.time_zone)] = ""
    currency: Annotated[str, AfterValidator(checks.currency)] = ""
    bi_key: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _has_one_way_in(self) -> Self:
        addresses.one_way_in(self.webhook_url.get_secret_value(), self.client_id, self.client_secret.get_secret_value())
        return self


class ApplicationSettings(Section):
    """The local application: who sees everything besides administrators, as ids; the addresses of its surroundings.

    Attributes:
        oauth_server: "" for those of Bitrix24, or that of a demo portal on this machine.
        bx24_js: the script with which pages speak to Bitrix24 around them.
    """

    users: tuple[int, ...] = ()
    departments: tuple[int, ...] = ()
    oauth_server: Annotated[str, AfterValidator(addresses.oauth_server)] = ""
    bx24_js: Annotated[str, AfterValidator(addresses.script)] = "https://api.bitrix24.com/api/v1/"
