"""CRM effect: KPIs before and after it, and when it pays for itself."""

from b24kpi.metrics.crm_return import totals
from b24kpi.report.crm_effect import PARTS, Effect
from b24kpi.report.crm_effect_tables import lay_out
from b24kpi.report.crm_effect_words import sentences
from b24kpi.web.figures import trend
from b24kpi.web.pages.model import Block, Chart, Screen, Words
from b24kpi.web.pages.tables import of_table
from b24kpi.web.pages.view import View


def build(view: View) -> Screen:
    """What the CRM has changed; it is of the whole company, whatever is chosen."""
    effect = view.answers.crm_effect()
    pages = lay_out(effect, view.wording)
    blocks: list[Block] = [Words(tuple(sentences(effect, view.wording)), "warn" if effect.go_live is None else "")]
    tables = list(pages.tables)
    if effect.compared:
        blocks.append(of_table(tables.pop(0), "compared", view.say("before_after")))
    blocks += _course(view, effect)
    if tables:
        blocks.append(of_table(tables.pop(0), "months", view.wording.say("effect.months")))
    if view.filters.chosen:
        blocks.insert(0, Words((view.say("whole_company"),)))
    notes = tuple(note for note in pages.notes[:-1] if note not in "\n".join(sentences(effect, view.wording)))
    needed = map(view.answers.catalogue.find, PARTS)
    incomplete = view.incomplete(needed, effect.grounds.coverage)
    return Screen("effect", view.say("screen.effect"), effect.grounds.as_of, incomplete, tuple(blocks), notes)


def _course(view: View, effect: Effect) -> list[Block]:
    """What has come back month by month, beside what was spent."""
    months = effect.payback.returns.months
    if len(months) < 2:
        return []
    sums = [float(total) / 100 for total in totals(months)]
    invested = float(effect.payback.investment) / 100
    labels = [month.period.label for month in months]
    texts = [view.wording.money(round(value), whole=True) for value in sums]
    flat = [view.wording.money(round(invested), whole=True)] * len(sums)
    lines = {view.say("returned"): sums, view.say("invested"): [invested] * len(sums)}
    told = "; ".join(f"{label}: {text}" for label, text in zip(labels, texts, strict=True))
    return [Chart("payback", view.say("chart.payback"), trend(labels, lines, [texts, flat]), told, "m")]
