"""The dashboard as an ASGI application: `streamlit run dashboard/asgi.py`, with compression added.

Streamlit serves its scripts and styles as they are (8.9 MiB at the first visit); compressed they are 2.8 MiB.
Only the HTTP answers: the websocket has its own compression.
"""

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

ROOT = Path(__file__).resolve().parent.parent
# `streamlit run` puts this file's folder first on the path, where `server` or `domain` would hide other modules.
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry or ".").resolve() != ROOT / "dashboard")]

app = st.App(ROOT / "dashboard" / "app.py", middleware=[Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)])
