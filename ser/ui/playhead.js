// A line in every figure over time where its player is; a click in such a figure moves the player there.
// Figures say by layout.meta.starts_s which second of the recording they begin with. A player belongs to the figures
// that share its nearest surroundings, so that two recordings side by side have a line each.
const MARK = "ser-playhead";

function playerOf(figure) {
  for (let node = figure; node; node = node.parentElement) {
    const player = node.querySelector("audio");
    if (player) return player;
  }
  return null;
}

const figures = () =>
  [...document.querySelectorAll(".js-plotly-plot")].filter((one) => one._fullLayout?.meta?.starts_s !== undefined);

function place(figure) {
  const player = playerOf(figure);
  const axis = figure._fullLayout.xaxis;
  let line = figure.querySelector(`:scope > .${MARK}`);
  if (!player || !axis) return line?.remove();
  const at = axis.d2p(player.currentTime - figure._fullLayout.meta.starts_s);
  if (!line) {
    line = document.createElement("div");
    line.className = MARK;
    line.setAttribute("aria-hidden", "true");
    figure.style.position = "relative";
    figure.append(line);
  }
  const size = figure._fullLayout._size;
  line.hidden = player.currentTime === 0 || !(at >= 0 && at <= axis._length);
  line.style.cssText = `position:absolute;width:2px;background:currentColor;opacity:.75;pointer-events:none;` +
    `box-shadow:0 0 0 1px rgb(255 255 255 / .6);` +
    `left:${axis._offset + at}px;top:${size.t}px;height:${size.h}px;${line.hidden ? "display:none" : ""}`;
}

function jump(event) {
  const figure = event.target.closest?.(".js-plotly-plot");
  if (!figure || event.target.closest(".modebar, .legend") || !figures().includes(figure)) return;
  const player = playerOf(figure);
  const axis = figure._fullLayout.xaxis;
  const x = event.clientX - figure.getBoundingClientRect().left - axis._offset;
  if (!player || x < 0 || x > axis._length) return;
  player.currentTime = Math.max(0, axis.p2d(x) + figure._fullLayout.meta.starts_s);
}

export default function () {
  let frame = 0;
  const draw = () => figures().forEach(place);
  const follow = () => {
    draw();
    const playing = [...document.querySelectorAll("audio")].some((one) => !one.paused);
    frame = playing ? requestAnimationFrame(follow) : 0;
  };
  const start = () => { if (!frame) follow(); };
  const events = ["play", "pause", "seeking", "seeked", "timeupdate", "loadedmetadata"];
  // Media events don't bubble, but they can be caught on the way down.
  events.forEach((one) => document.addEventListener(one, start, true));
  document.addEventListener("click", jump);
  return () => {
    cancelAnimationFrame(frame);
    events.forEach((one) => document.removeEventListener(one, start, true));
    document.removeEventListener("click", jump);
  };
}
