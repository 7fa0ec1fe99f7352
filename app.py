"""The web page's entry: page list, look, the recognizer that all sessions share. Nothing else."""

import streamlit as st

import ser
from ser.ui import look, recognise


@st.cache_resource(show_spinner=False)
def recognizer() -> ser.Recognizer:
    """The bundled model, loaded and warmed up once a server."""
    return recognise.warmed_up(ser.load())


st.set_page_config(page_title="SER · the emotion in a voice", page_icon="🎙️", layout="wide")
look.apply()
pages = [
    st.Page(lambda: recognise.page(recognizer), title="Recognise", icon=":material/graphic_eq:", url_path="recognise")
]
st.navigation(pages, position="top").run()
look.foot()
