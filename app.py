"""The web page's entry: page list, look, the recognizers that all sessions share. Nothing else."""

import streamlit as st

import ser
from ser.ui import look, recognise


@st.cache_resource(show_spinner=False)
def recognizer(name: str) -> ser.Recognizer:
    """A model of ``model/``, loaded and warmed up once a server, when it is first asked for."""
    return recognise.warmed_up(ser.load(name))


st.set_page_config(page_title="SER · the emotion in a voice", page_icon="🎙️", layout="wide")
look.apply()
pages = [
    st.Page(lambda: recognise.page(recognizer), title="Recognise", icon=":material/graphic_eq:", url_path="recognise")
]
st.navigation(pages, position="top").run()
look.foot()
