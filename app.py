"""The web page's entry: page list and look. Nothing else."""

import streamlit as st

from ser import uploads
from ser.ui import about, compare, corpora, look, many, recognise, shelf, standings

uploads.keep_in_memory()
st.set_page_config(page_title="SER · the emotion in a voice", page_icon="🎙️", layout="wide")
look.apply()
pages = [
    st.Page(
        lambda: recognise.page(shelf.recognizer), title="Recognise", icon=":material/graphic_eq:", url_path="recognise"
    ),
    st.Page(lambda: many.page(shelf.recognizer), title="Many files", icon=":material/library_music:", url_path="many"),
    st.Page(
        lambda: compare.page(shelf.recognizer), title="Compare", icon=":material/compare_arrows:", url_path="compare"
    ),
    st.Page(standings.page, title="The models", icon=":material/leaderboard:", url_path="models"),
    st.Page(corpora.page, title="The corpora", icon=":material/database:", url_path="corpora"),
    st.Page(about.page, title="About", icon=":material/info:", url_path="about"),
]
shelf.keep_pages(pages)
page = st.navigation(pages, position="top")
about.notice()
page.run()
look.foot()
