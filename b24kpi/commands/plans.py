"""`b24kpi plans import`: plans into the cache."""

from b24kpi.commands.imports import import_group

command = import_group("plans", lambda app, file: app.import_plans(file))
