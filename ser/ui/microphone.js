// Says why the microphone is silent, and how to mend it: no https, permission refused, or none there.
export default function ({ parentElement, data }) {
  const words = parentElement.querySelector("p");
  let stopped = false;
  const say = (text) => {
    if (stopped) return;
    words.textContent = text;
    words.hidden = !text;
  };
  const look = async () => {
    if (!window.isSecureContext || !navigator.mediaDevices) return say(data.insecure);
    const devices = await navigator.mediaDevices.enumerateDevices();
    if (!devices.some((one) => one.kind === "audioinput")) return say(data.none);
    try {
      const permission = await navigator.permissions.query({ name: "microphone" });
      const tell = () => say(permission.state === "denied" ? data.refused : "");
      permission.onchange = tell;
      tell();
    } catch {
      say(""); // a browser that does not tell
    }
  };
  look();
  return () => { stopped = true; };
}
