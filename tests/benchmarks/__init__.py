"""Figures: `make bench` measures, prints one table and keeps it in results.md and results.json."""
