"""`b24kpi costs import`: marketing costs into the cache."""

from b24kpi.commands.imports import import_group

command = import_group("costs", lambda app, file: app.import_costs(file))
