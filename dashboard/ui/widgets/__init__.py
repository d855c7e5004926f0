"""Parts of a page that talk to Streamlit."""
