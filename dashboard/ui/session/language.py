"""The language of a session."""

import streamlit as st

from dashboard.ui.shared.wording import SOURCE_LANGUAGE, has_catalogue


def session_language(setting: str) -> str:
    """The language that the settings name; where they name none, the browser's if there are words in it, else English.

    The setting comes first: a browser in a hospital is often in English, whatever the people there speak.
    """
    if setting:
        return setting
    browser = (st.context.locale or "").replace("-", "_")  # "sv-SE"
    return next((name for name in (browser, browser.partition("_")[0]) if has_catalogue(name)), SOURCE_LANGUAGE)
