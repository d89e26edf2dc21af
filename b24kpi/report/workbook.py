"""What every workbook is made with, whoever writes it."""

from b24kpi.metrics.model import Unit

# Durations are days to Excel; [h] goes on counting beyond a day.
FORMATS = {
    Unit.MONEY: "#,##0.00",
    Unit.RATIO: "0.0%",
    Unit.COUNT: "#,##0",
    Unit.DURATION: "[h]:mm:ss",
    Unit.NUMBER: "#,##0.00",
}
# Texts stay texts, whatever they look like: no formulas, links or numbers are made of them.
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
