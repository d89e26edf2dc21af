"""One small cache for all tests of the pages that do not change it."""

from collections.abc import Iterator

import pytest

from tests.web.pages.site import Site, filled, site_over


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages over random rows; answers are waited for."""
    site = site_over(filled(tmp_path_factory.mktemp("pages")))
    yield site
    site.context.memory.close()
