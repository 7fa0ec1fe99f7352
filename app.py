"""The web page's entry: page list and look. Nothing else."""

import streamlit as st

from ser import uploads
from ser.language import tr
from ser.ui import about, compare, corpora, language, look, many, recognise, shelf, shell, standings

uploads.keep_in_memory()
language.begin()
st.set_page_config(page_title=tr(shell.NAME), page_icon="🎙️", layout="wide")
look.apply()
pages = [
    st.Page(
        lambda: recognise.page(shelf.recognizer),
        title=tr("Recognise"),
        icon=":material/graphic_eq:",
        url_path="recognise",
    ),
    st.Page(
        lambda: many.page(shelf.recognizer), title=tr("Many files"), icon=":material/library_music:", url_path="many"
    ),
    st.Page(
        lambda: compare.page(shelf.recognizer),
        title=tr("Compare"),
        icon=":material/compare_arrows:",
        url_path="compare",
    ),
    st.Page(standings.page, title=tr("The models"), icon=":material/leaderboard:", url_path="models"),
    st.Page(corpora.page, title=tr("The corpora"), icon=":material/database:", url_path="corpora"),
    st.Page(about.page, title=tr("About"), icon=":material/info:", url_path="about"),
]
shelf.keep_pages(pages)
page = st.navigation(pages, position="top")
language.choose()
about.notice()
language.note(page.url_path)
page.run()
look.foot()
