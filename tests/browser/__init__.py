"""The dashboard used as people do, in Debian's Chromium; `conftest.py` starts it, `screens.py` knows the screens."""
