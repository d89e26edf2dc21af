"""Real data, loaded into a demo portal's state: the oracles that published figures are checked against.

The data lie beside the repository, in ../shared/data, and are not part of it; where they are absent, tests skip.
"""
