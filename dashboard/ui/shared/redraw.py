"""Has a page drawn anew by a part of it that runs by itself, and leaves open what lies over the page.

Streamlit closes a dialog, with what is typed in it, wherever the whole script runs; a page that is a fragment is drawn
anew without that, as it is when it refreshes itself.
"""

from typing import Final

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

PAGE: Final = "page"
"""The key of a page that is a fragment: `@st.fragment(key=PAGE)`."""


def redraw_page() -> None:
    """Called by a fragment within the page: the page follows it. Everything, at once, where the page is no fragment."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or context.script_requests is None or not context.fragment_ids_this_run:
        st.rerun()
    try:
        page = context.fragment_storage.resolve_target(PAGE)
    except StreamlitAPIException:
        st.rerun()
    context.script_requests.request_rerun(
        RerunData(
            query_string=context.query_string,
            page_script_hash=context.page_script_hash,
            fragment_id_queue=page,
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
    )
