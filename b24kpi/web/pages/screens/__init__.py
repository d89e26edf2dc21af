"""The screens of the dashboard, in the order in which they are offered."""
