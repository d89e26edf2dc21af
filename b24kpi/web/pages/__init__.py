"""The dashboard: server-rendered pages over what can be asked of the cache."""
