"""Rows and words from domain values: pure functions, no Streamlit, tested without a browser."""
