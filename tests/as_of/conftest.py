"""Portals that the tests of this folder start are those of the pipeline's."""

from tests.pipeline.conftest import opened

__all__ = ["opened"]
