"""The local application: how Bitrix24 installs it, lets people in, and shows them the KPIs."""
