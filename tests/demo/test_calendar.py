"""The settings of the portal's calendar."""


def test_hours_and_days_of_work_are_told_to_whoever_has_the_scope(call, post, portal):
    """In the shape of the page: hours as texts, days of the week by two letters."""
    told = call("calendar.settings.get")["result"]
    assert (told["work_time_start"], told["work_time_end"], told["week_holidays"]) == ("9", "18", ["SA", "SU"])
    assert (told["year_holidays"], told["week_start"], len(told)) == ("", "MO", 25)
    portal.calendar["work_time_end"] = "17.30"
    assert call("calendar.settings.get")["result"]["work_time_end"] == "17.30"
    portal.scopes.discard("calendar")
    assert post("calendar.settings.get").json()["error"] == "insufficient_scope"
