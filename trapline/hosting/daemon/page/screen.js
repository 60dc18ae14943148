// The screen of a machine, shown by noVNC, which the host serves from where its user has it.
import RFB from "./novnc/core/rfb.js";
const said = document.getElementById("said"), name = decodeURIComponent(location.pathname.split("/").at(-2));
document.title = name;

function connect() {
  const rfb = new RFB(document.getElementById("screen"), new URL("socket", location.href.replace(/^http/, "ws")).href);
  rfb.scaleViewport = true;
  rfb.addEventListener("connect", () => { said.textContent = name; rfb.focus(); });
  rfb.addEventListener("disconnect", () => { said.textContent = `${name}: gone`; setTimeout(connect, 2000); });
}

connect();
