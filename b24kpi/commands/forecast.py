"""`b24kpi forecast`: what sales will come to, and what is to be expected of each customer."""

from typing import TYPE_CHECKING

import click

from b24kpi.commands.arguments import conditions, names
from b24kpi.commands.face import Face, common_options, format_option
from b24kpi.commands.session import DONE, INCOMPLETE, opened
from b24kpi.commands.waiting import Question

if TYPE_CHECKING:
    from b24kpi.app import App
    from b24kpi.report.customer_outlook import CustomerOutlook
    from b24kpi.report.forecast import Forecast
    from b24kpi.report.wording import Wording


@click.command("forecast", cls=Question)
@click.option("--period", type=click.Choice(["day", "week", "month", "quarter", "year"]), default="month")
@click.option("--ahead", metavar="N", type=click.IntRange(0, 24), default=3)
@click.option("--by", metavar="DIM[,DIM]", default="")
@click.option("--where", metavar="DIM=VALUE", multiple=True)
@click.option("--customers", is_flag=True)
@format_option
@common_options
@click.pass_obj
def command(
    face: Face, period: str, ahead: int, by: str, where: tuple[str, ...], customers: bool, output_format: str
) -> int:
    from b24kpi.metrics.period import Grain
    from b24kpi.report.forecast import ForecastAsk

    ask = ForecastAsk(Grain(period), ahead, names(by), conditions(where))
    with opened(face) as app:
        wording = _wording(app, face)
        if customers:
            return _show_customers(app.customers_ahead(ask.where), wording, output_format)
        return _show(app.forecast(ask), wording, output_format)


def _show(forecast: "Forecast", wording: "Wording", output_format: str) -> int:
    from b24kpi.commands.output import print_data
    from b24kpi.report.forecast_rows import as_data, flat_rows
    from b24kpi.report.forecast_tables import lay_out

    print_data(output_format, as_data(forecast, wording), flat_rows(forecast), lay_out(forecast, wording))
    return INCOMPLETE if forecast.grounds.missing else DONE


def _show_customers(outlook: "CustomerOutlook", wording: "Wording", output_format: str) -> int:
    from b24kpi.commands.output import print_data
    from b24kpi.report.customer_outlook import as_data, flat_rows, lay_out

    print_data(output_format, as_data(outlook), flat_rows(outlook), lay_out(outlook, wording))
    return INCOMPLETE if outlook.grounds.missing else DONE


def _wording(app: "App", face: Face) -> "Wording":
    from b24kpi.report.wording import Wording

    return Wording(face.language, app.currency, {metric.id: metric.names[face.language] for metric in app.metrics()})
