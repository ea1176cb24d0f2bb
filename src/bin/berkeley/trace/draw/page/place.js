"use strict";
// Where everything stands, given who is shown. The rules are those of the
// drawing that the page came with.

const facts = JSON.parse(document.getElementById("facts").textContent);
const { trace, lanes, columns, moments, arrows } = facts;
const [ROW, GAP, TIMES, HALF, SMALL] = [22, 26, 84, 8, 6.65];
const PIECE = 100;
const byId = (id) => document.getElementById(id);
const drawing = byId("drawing");
const scroller = byId("scroller");
const parts = (selector) => [...drawing.querySelectorAll(selector)];
const row = (index) => byId(`m${index}`);
const heads = [...document.querySelectorAll(".head")];

// Which lanes and connections are ticked.
const ticked = { lane: [], connection: [], toScale: false };
// For each moment its y and whether it is in view; for each lane its x, or
// undefined where it is folded away.
const place = { y: [], isShown: [], x: [] };

function isTicked(kind, index) {
  return index === undefined || ticked[kind][index] !== false;
}

// A lane whose connections are all hidden has nothing left to tell.
function shownLanes() {
  const spoke = lanes.map(() => false);
  const speaks = lanes.map(() => false);
  for (const moment of moments) {
    if (moment.connection === undefined) continue;
    spoke[moment.lane] = true;
    speaks[moment.lane] ||= isTicked("connection", moment.connection);
  }
  return lanes.map((_, i) => isTicked("lane", i) && (speaks[i] || !spoke[i]));
}

function placeRows(isLaneShown) {
  const gaps = new Set(ticked.toScale ? [] : facts.gaps);
  const room = 2 * ROW * moments.length;
  let y = ROW * 0.75 - ROW;
  place.isShown = moments.map((moment) =>
    isLaneShown[moment.lane] && isTicked("connection", moment.connection));
  place.y = moments.map((moment, i) => {
    if (!place.isShown[i]) return Math.max(y, 0);
    y += ROW + (gaps.has(i) ? GAP : 0);
    if (ticked.toScale) {
      y = Math.max(y, ROW * 0.75 + (moment.at / (facts.span || 1)) * room);
    }
    return y;
  });
  place.height = Math.max(y, 0) + ROW;
}

function placeColumns(isLaneShown) {
  let x = TIMES;
  place.x = columns.map((column, i) => {
    if (isLaneShown[i] === false) return undefined;
    x += column.width;
    return x - column.width;
  });
  place.width = x;
}

const lineOf = (lane) => place.x[lane] + columns[lane].line;
const reachOf = (m) => place.x[moments[m].lane] + moments[m].reach + 6;

// Its points, the direction of its tip, and the room for its label.
function runOf(arrow) {
  const { from, to, way } = arrow;
  const source = moments[from ?? to].lane;
  const target = moments[to ?? from].lane;
  const edge = place.x[source] + columns[source].width - 4;
  const outside = place.x[lanes.length] + 40;
  const y = place.y[from ?? to];
  if (from === undefined) {
    const x = reachOf(to);
    return [[[outside, y], [x, y]], " scale(-1 1)",
      [x + 10, Math.min(edge, outside)]];
  }
  if (to === undefined) {
    const x = reachOf(from);
    const end = way === "lost" ? edge : outside;
    return [[[x, y], [end, y]], "", [x, edge - 10]];
  }
  let start = lineOf(source) - HALF;
  let room = [start, start];
  if (source < target) {
    start = reachOf(from);
    room = [start, edge];
  } else if (source > target) {
    let next = source - 1;
    while (place.x[next] === undefined) next -= 1;
    room = [place.x[next] + columns[next].text,
      place.x[next] + columns[next].width];
  }
  const line = lineOf(target);
  if (way === "branch") {
    const points = [[start, y], [line, y], [line, place.y[to] - 6]];
    return [points, " rotate(90)", room];
  }
  const down = line + arrow.down;
  const below = place.y[to];
  const tip = line + (arrow.left ? -HALF : HALF);
  return [[[start, y], [down, y], [down, below], [tip, below]],
    arrow.left ? "" : " scale(-1 1)", room];
}

function moveArrow(group) {
  const arrow = arrows[group.id.slice(1)];
  const ends = [arrow.from, arrow.to].filter((m) => m !== undefined);
  const isShown = ends.every((m) => place.isShown[m]);
  group.classList.toggle("off", !isShown);
  if (!isShown) return;
  const [points, turn, room] = runOf(arrow);
  const tip = points.at(-1);
  for (const path of group.querySelectorAll(".way, .inner, .wide")) {
    path.setAttribute("d", "M" + points.map((p) => p.join(" ")).join("L"));
  }
  const head = group.querySelector(".head");
  head.setAttribute("transform", `translate(${tip.join(" ")})${turn}`);
  const label = group.querySelector(".label");
  const middle = (room[0] + room[1]) / 2;
  label.setAttribute("transform", `translate(${middle} ${points[0][1]})`);
}

// A strip, a bar or a line from one moment to another.
function stretch(part, isShown) {
  const { lane, from, until } = part.dataset;
  const isHere = place.x[lane] !== undefined && isShown(from);
  part.classList.toggle("off", !isHere);
  if (!isHere) return null;
  const top = from ? place.y[from] : 0;
  return [top, (until ? place.y[until] : place.height) - top];
}

function moveRibbon(part) {
  const at = stretch(part, (from) => place.isShown[from]);
  if (!at) return;
  const x = place.x[part.dataset.lane] + Number(part.dataset.x);
  part.setAttribute("transform", `translate(${x} ${at[0]})`);
  for (const rect of part.querySelectorAll("rect")) {
    rect.setAttribute("height", at[1]);
  }
  const text = part.querySelector("text");
  const needed = SMALL * text.textContent.length + 12;
  text.classList.toggle("unfit", needed > at[1]);
}

function moveLine(part) {
  const at = stretch(part, () => true);
  if (!at) return;
  const x = lineOf(part.dataset.lane);
  const ends = { x1: x, x2: x, y1: at[0], y2: at[0] + at[1] };
  Object.entries(ends).forEach((end) => part.setAttribute(...end));
}

function moveWire(wire) {
  const from = Number(wire.dataset.moment);
  const [lane, to] = [moments[from].lane, Number(wire.dataset.to)];
  const isShown = place.isShown[from] && place.x[to] !== undefined;
  wire.classList.toggle("off", !isShown);
  if (!isShown) return;
  const start = to < lane ? lineOf(lane) - HALF : reachOf(from);
  let end = lineOf(to) + (to < lane ? HALF : -HALF);
  if (to === lane) end = place.x[lane] + columns[lane].width - 4;
  const turn = to < lane ? " scale(-1 1)" : "";
  wire.setAttribute("transform", `translate(0 ${place.y[from]})`);
  wire.querySelector(".way").setAttribute("d", `M${start} 0H${end}`);
  wire.querySelector(".head")
    .setAttribute("transform", `translate(${end} 0)${turn}`);
}

function moveRow(part) {
  const index = part.id.slice(1);
  const x = place.x[moments[index].lane] ?? 0;
  part.classList.toggle("off", !place.isShown[index]);
  part.setAttribute("transform", `translate(${x} ${place.y[index]})`);
}

function moveGap(part) {
  const before = part.dataset.before;
  const isShown = !ticked.toScale && place.isShown[before];
  part.classList.toggle("off", !isShown);
  const y = place.y[before] - ROW / 2 - GAP / 2;
  part.setAttribute("transform", `translate(0 ${y})`);
  const line = part.querySelector("path");
  line?.setAttribute("d", `M${TIMES} 0H${place.width}`);
}

function moveTimes(group) {
  const first = PIECE * group.dataset.piece;
  group.querySelectorAll(":scope > text").forEach((time, i) => {
    time.classList.toggle("off", !place.isShown[first + i]);
    time.setAttribute("y", place.y[first + i] + 4);
  });
}

const movers = {
  ".moment": moveRow, ".arrow": moveArrow, ".bar, .strip": moveRibbon,
  ".gap": moveGap, ".wire": moveWire, ".life": moveLine,
};

function move(group) {
  for (const [selector, mover] of Object.entries(movers)) {
    group.querySelectorAll(selector).forEach(mover);
  }
  if (group.parentNode.matches(".times")) moveTimes(group);
}

// The drawing comes in pieces of so many rows. Only those in view, and what
// spans many of them, are laid out and kept up to date.
const long = drawing.querySelector(".long");
const pieces = parts(".piece");
const isStale = new Map();

// The first row that reaches below this height.
function rowBelow(y) {
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (place.y[middle] + ROW / 2 < y) low = middle + 1;
    else high = middle;
  }
  return low;
}

function showPieces(isAll) {
  const head = document.querySelector(".heads").offsetHeight;
  const top = scroller.scrollTop - head;
  const first = rowBelow(top - 200) / PIECE - 1;
  const last = rowBelow(top + scroller.clientHeight + 200) / PIECE;
  for (const piece of pieces) {
    const number = Number(piece.dataset.piece);
    const isNear = isAll || (number >= Math.floor(first) && number <= last);
    piece.classList.toggle("near", isNear);
    if (!isNear || !isStale.get(piece)) continue;
    move(piece);
    isStale.set(piece, false);
  }
}

function placeAll() {
  const isLaneShown = shownLanes();
  placeRows(isLaneShown);
  placeColumns(isLaneShown);
}

function moveAll() {
  placeAll();
  move(long);
  pieces.forEach((piece) => isStale.set(piece, true));
  heads.forEach((head, i) => {
    head.hidden = place.x[i] === undefined;
    head.style.left = `${place.x[i] ?? 0}px`;
  });
  drawing.setAttribute("width", place.width);
  drawing.setAttribute("height", place.height);
  drawing.setAttribute("viewBox", `0 0 ${place.width} ${place.height}`);
  drawing.querySelector("#times rect").setAttribute("height", place.height);
  document.querySelector(".heads").style.width = `${place.width}px`;
  showPieces();
}
