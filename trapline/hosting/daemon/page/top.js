// The machines of a host as they run, and one's console. All that is shown comes from the interface that serves the page.
"use strict";
const $ = (id) => document.getElementById(id);
let before = new Map(), at = 0, attached = "";

async function ask(path, words) {
  const options = words ? { method: "POST", body: JSON.stringify({ words }) } : {};
  const answer = await (await fetch(path, options)).json();
  if (answer.error) throw new Error(answer.error.message);
  return answer;
}

function short(number) {
  for (const suffix of ["", "k", "M", "G"]) {
    if (number < 10000) return number.toFixed(0) + suffix;
    number /= 1000;
  }
  return number.toFixed(0) + "T";
}

function cells(row, seconds) {
  const was = before.get(row.name), part = (value) => (value === null ? "-" : (value / 10).toFixed(1) + "%");
  const rate = (key) => (was && seconds > 0 ? short(Math.max(0, row[key] - was[key]) / seconds) : "-");
  const all = row.direct + row.interpreted;
  const direct = all ? ((100 * row.direct) / all).toFixed(1) + "%" : "-";
  const waited = row.waited === null ? "-" : short(row.waited);
  const since = (...keys) => keys.reduce((sum, key) => sum + row[key] - (was ? was[key] : 0), 0);
  const steps = since("direct", "interpreted", "idle");
  const passed = (key, there) => (there ? (steps > 0 ? (1000 * since(key)) / steps : 0).toFixed(2) : "-");
  const disk = ["read", "written"].map((key) => passed(key, row.blocks));
  const card = ["received", "sent", "dropped"].map((key) => passed(key, row.ports));
  const had = [part(row.promised), part(row.had), waited];
  return [row.state, rate("steps"), rate("exits"), direct, short(row.storage), ...had, ...disk, ...card];
}

function drawn(row, seconds) {
  const line = document.createElement("tr"), name = document.createElement("button"), first = document.createElement("td");
  name.textContent = row.name;
  name.onclick = () => attach(row.name);
  first.append(name);
  line.append(first);
  for (const text of cells(row, seconds)) line.insertCell().textContent = text;
  return line;
}

function attach(name) {
  attached = name;
  $("who").textContent = name;
  $("form").hidden = false;
  const path = encodeURIComponent(name);
  $("screen").hidden = true;
  $("screen").href = `screens/${path}/`;
  ask(`v1/machines/${path}`).then((machine) => { $("screen").hidden = !machine.screen; }, () => {});
  $("line").focus();
}

async function look() {
  try {
    const { machines } = await ask("v1/top"), now = performance.now();
    $("rows").replaceChildren(...machines.map((row) => drawn(row, (now - at) / 1000)));
    before = new Map(machines.map((row) => [row.name, row]));
    at = now;
    $("said").textContent = machines.length + " machines";
    if (attached) $("console").textContent = (await ask(`v1/machines/${encodeURIComponent(attached)}/console`)).output;
  } catch (error) {
    $("said").textContent = String(error.message || error);
  }
  setTimeout(look, 1000);
}

$("form").onsubmit = async (event) => {
  event.preventDefault();
  try {
    await ask("v1/send", ["--", attached, $("line").value + "\n"]);
    $("line").value = "";
  } catch (error) {
    $("said").textContent = String(error.message || error);
  }
};
$("detach").onclick = () => { attached = ""; $("form").hidden = true; };
look();
