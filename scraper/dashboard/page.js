"use strict";
// Puts each state that the server sends in its place. It keeps the last one only: what is old, the server remembers.

const SVG = "http://www.w3.org/2000/svg";
const [ABOVE, HEIGHT] = [22, 160];
const STEPS_SHOWN = 40; // rows of numbers, and columns on a narrow screen would be thinner than they are apart
const ANNOUNCE_MS = 30000; // a screen reader that spoke each second would be switched off
const SILENCE_MS = 10000; // the server speaks each second

const byId = (id) => document.getElementById(id);
let state = null;
let heardAt = Date.now();
let announcedAt = 0;
const drawn = new Map(); // what stands in a table, as text: what did not change is left alone

function setText(id, text) {
  const node = byId(id);
  if (node && node.textContent !== text) node.textContent = text;
}

function svg(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function bar(share, kind) {
  const image = svg("svg", { class: "bar", "aria-hidden": "true" });
  image.append(svg("rect", { width: "100%", height: "100%", class: "track" }));
  image.append(svg("rect", { width: `${100 * share}%`, height: "100%", class: kind }));
  return image;
}

function row(cells, kind, heads) {
  const line = document.createElement("tr");
  cells.forEach((cell, place) => {
    const node = document.createElement(place ? "td" : "th");
    if (!place) node.scope = "row";
    if (typeof cell === "number") {
      node.className = "bars";
      node.append(bar(cell, kind));
    } else {
      node.className = place ? (heads[place]?.className ?? "") : "name";
      node.textContent = cell;
    }
    line.append(node);
  });
  return line;
}

function setTable(id, rows) {
  const text = JSON.stringify(rows);
  if (drawn.get(id) === text) return;
  drawn.set(id, text);
  const body = byId(id);
  const heads = body.closest("table").tHead.rows[0].cells;
  const kind = body.dataset.bar ?? "ok";
  body.replaceChildren(...rows.map((cells) => row(cells, kind, heads)));
  if (!rows.length) {
    const line = document.createElement("tr");
    line.className = "empty";
    const cell = document.createElement("td");
    cell.colSpan = heads.length;
    cell.textContent = "none";
    line.append(cell);
    body.append(line);
  }
}

function ceiling(value) {
  for (let step = 1; ; step *= 10) for (const factor of [2, 4, 10]) if (value <= factor * step) return factor * step;
}

function span(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function grouped({ ok, failed, step_s, newest_s }, most) {
  const width = Math.max(1, Math.ceil(ok.length / most));
  const columns = [];
  for (let end = ok.length; end > 0; end -= width) {
    const sum = (numbers) => numbers.slice(Math.max(0, end - width), end).reduce((a, b) => a + b, 0);
    const age = end === ok.length ? 0 : newest_s + (ok.length - 1 - end) * step_s;
    columns.unshift({ ok: sum(ok), failed: sum(failed), age });
  }
  return { columns, seconds: width * step_s };
}

function drawPlot() {
  const plot = state.plots[document.querySelector("input[name=span]:checked").value];
  const { ok, failed, step_s, newest_s } = plot;
  const seconds = (place) => (place === ok.length - 1 ? Math.max(newest_s, step_s / 2) : step_s);
  const rates = ok.map((pages, place) => [pages / seconds(place), failed[place] / seconds(place)]);
  const top = ceiling(Math.max(...rates.map(([good, bad]) => good + bad)));
  const width = 100 / Math.max(rates.length, 20);
  const start = 100 - width * rates.length;
  const bars = [];
  rates.forEach(([good, bad], place) => {
    let bottom = ABOVE + HEIGHT;
    for (const [kind, rate] of [["ok", good], ["failed", bad]]) {
      if (rate <= 0) continue;
      const height = Math.max(1, (HEIGHT * rate) / top);
      bottom -= height;
      const x = `${start + place * width}%`;
      bars.push(svg("rect", { x, y: bottom, width: `${width * 0.88}%`, height, class: kind }));
    }
  });
  byId("plot-bars").replaceChildren(...bars);
  const all = step_s * (ok.length - 1) + newest_s;
  const middle = 100 - (width * rates.length) / 2;
  byId("plot-lines").replaceChildren(
    ...[[ABOVE, "grid"], [ABOVE + HEIGHT / 2, "grid"], [ABOVE + HEIGHT, "base"]].map(([y, kind]) =>
      svg("line", { x1: 0, x2: "100%", y1: y, y2: y, class: kind })),
  );
  byId("plot-labels").replaceChildren(
    svg("text", { x: 0, y: ABOVE + 14, class: "halo" }, `${top.toLocaleString("en")} pages/s`),
    svg("text", { x: 0, y: ABOVE + HEIGHT / 2 + 14, class: "halo" }, (top / 2).toLocaleString("en")),
    svg("text", { x: "100%", y: 200, "text-anchor": "end" }, state.status === "running" ? "now" : "the end"),
    ...(rates.length > 9 ? [svg("text", { x: `${start}%`, y: 200 }, `${span(all)} ago`)] : []),
    ...(rates.length > 99 ? [svg("text", { x: `${middle}%`, y: 200, "text-anchor": "middle" }, `${span(all / 2)} ago`)] : []),
  );
  setText("plot-desc", `Pages per second over the last ${span(all)}; at most ${top.toLocaleString("en")}.`);
  if (byId("numbers").open) drawNumbers(plot);
}

function drawNumbers(plot) {
  const { columns, seconds } = grouped(plot, STEPS_SHOWN);
  setText("numbers-caption", `Pages that ended in each ${span(seconds)}`);
  setTable("numbers-rows", columns.reverse().map(({ ok, failed, age }) =>
    [age ? `${span(age)} ago` : "now", Math.round(ok).toLocaleString("en"), Math.round(failed).toLocaleString("en")]));
}

function announce(isForced) {
  if (!isForced && Date.now() - announcedAt < ANNOUNCE_MS) return;
  announcedAt = Date.now();
  setText("announcement", state.status === "running" ? `${state.headline}, ${state.texts.rate}` : state.headline);
}

function isOver() {
  return state !== null && (state.status === "ended" || state.status === "failed");
}

function show(next) {
  const isNew = state === null || state.status !== next.status;
  state = next;
  heardAt = Date.now();
  byId("trouble").hidden = true;
  document.documentElement.dataset.status = state.status;
  setText("headline", state.headline);
  for (const [id, text] of Object.entries(state.texts)) setText(id, text);
  for (const [id, rows] of Object.entries(state.tables)) setTable(id, rows);
  const progress = byId("progress");
  if (state.total === null) progress.removeAttribute("value");
  else progress.value = state.total ? state.done / state.total : 1;
  const share = state.total ? `${Math.floor((100 * state.done) / state.total)} % · ` : "";
  document.title = isOver() ? state.headline : `${share}${state.texts.rate} · scrape`;
  drawPlot();
  announce(isNew);
}

function trouble(text) {
  if (isOver()) return;
  setText("trouble", text);
  byId("trouble").hidden = false;
  document.documentElement.dataset.status = "lost";
}

function follow() {
  const source = new EventSource("events"); // connects again by itself, but not after a refusal
  source.onmessage = (message) => {
    show(JSON.parse(message.data));
    if (isOver()) source.close();
  };
  source.onerror = () => {
    trouble("The run does not answer: it was killed, or this machine is very busy. Trying again; what you see is old.");
    if (source.readyState === EventSource.CLOSED && !isOver()) setTimeout(follow, 5000);
  };
}

setInterval(() => {
  if (Date.now() - heardAt > SILENCE_MS) trouble("The run has not been heard of for some time; what you see is old.");
}, SILENCE_MS / 2);
for (const choice of document.querySelectorAll("input[name=span]")) choice.addEventListener("change", () => state && drawPlot());
byId("numbers").addEventListener("toggle", () => state && drawPlot());
follow();
