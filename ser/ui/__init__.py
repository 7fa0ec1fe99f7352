"""The web page, one file a page. Streamlit lives here and in ``app.py`` only."""
