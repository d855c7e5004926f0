"""Rows to pictures: pure functions that return SVG or figure dicts."""
