// A random name for this tab. It outlives a refresh and a lost connection, not the tab, and is in no link.
const NAME = "ser-tab";

export default function ({ setStateValue }) {
  let tab = sessionStorage.getItem(NAME);
  if (!tab) {
    tab = [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem(NAME, tab);
  }
  setStateValue("tab", tab);
}
