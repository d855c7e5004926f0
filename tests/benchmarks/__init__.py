"""Figures: `make bench` measures, prints one table and stores it in results.md and results.json."""
