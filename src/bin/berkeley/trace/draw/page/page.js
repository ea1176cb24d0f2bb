"use strict";
// Pointer, keyboard, boxes to tick and search.

const band = drawing.querySelector(".band");
const hint = panel.firstElementChild;
// What fits on a sheet, side by side.
const PAPER = 680;
let chosen;
let pointed;
let lit = [];

// Light up a moment, the rest of its call, and what its arrows join.
function light(index) {
  for (const part of lit) part?.classList.remove("lit");
  lit = [];
  band.classList.toggle("lit", index !== undefined);
  if (index === undefined) return;
  band.setAttribute("y", place.y[index] - ROW / 2);
  lit = [row(index)];
  const { other } = moments[index];
  if (other !== undefined) lit.push(row(other));
  arrows.forEach((arrow, i) => {
    if (arrow.from !== index && arrow.to !== index) return;
    lit.push(byId(`a${i}`), row(arrow.from), row(arrow.to));
  });
  for (const part of lit) part?.classList.add("lit");
}

// The panel stands beside the drawing where both have room, and lies under
// it otherwise: to see both sides of a connection is worth more.
const stage = document.querySelector(".stage");
const BESIDE = 410;

function seat() {
  const isWide = innerWidth >= Math.max(1100, place.width + BESIDE);
  stage.classList.toggle("beside", isWide);
}

function scrollTo(index) {
  const top = document.querySelector(".heads").offsetHeight;
  const y = place.y[index] + top;
  const room = scroller.clientHeight;
  if (y - ROW < scroller.scrollTop + top) {
    scroller.scrollTop = y - top - 2 * ROW;
  } else if (y + ROW > scroller.scrollTop + room) {
    scroller.scrollTop = y + 2 * ROW - room;
  }
  const column = columns[moments[index].lane];
  const x = place.x[moments[index].lane];
  const isLeft = x < scroller.scrollLeft + TIMES;
  const right = x + column.width - scroller.clientWidth;
  if (isLeft) scroller.scrollLeft = x - TIMES;
  else if (right > scroller.scrollLeft) {
    scroller.scrollLeft = Math.min(right, x - TIMES);
  }
}

function choose(index, goThere) {
  chosen = index;
  light(index);
  if (index === undefined) {
    panel.replaceChildren(hint);
    panel.classList.remove("full");
    return;
  }
  show(index);
  if (goThere) scrollTo(index);
  uncover(row(index));
}

// Where it is not beside it, the panel lies over the lower half of the page.
function uncover(part) {
  if (getComputedStyle(panel).position !== "fixed") return;
  const bottom = part.getBoundingClientRect().bottom + ROW;
  const hidden = bottom - panel.getBoundingClientRect().top;
  if (hidden > 0) scrollBy(0, hidden);
}

// A row is one moment's, so the height alone says which one is meant.
function momentAt(event) {
  const y = event.clientY - drawing.getBoundingClientRect().top;
  let index = rowBelow(y);
  while (index < moments.length && !place.isShown[index]) index += 1;
  return Math.abs(place.y[index] - y) <= ROW / 2 ? index : undefined;
}

function point(event) {
  const arrow = event.target.closest(".arrow");
  if (arrow) {
    const { from, to } = arrows[arrow.id.slice(1)];
    return from ?? to;
  }
  return momentAt(event);
}

drawing.addEventListener("pointermove", (event) => {
  if (event.pointerType === "touch" || chosen !== undefined) return;
  const index = point(event);
  if (index === pointed) return;
  pointed = index;
  light(index);
  const isBeside = stage.classList.contains("beside");
  if (index !== undefined && isBeside) show(index);
});

drawing.addEventListener("click", (event) => {
  const index = point(event);
  choose(index === chosen ? undefined : index);
});

function step(from, by) {
  let index = from === undefined ? (by > 0 ? 0 : moments.length - 1)
    : from + by;
  while (moments[index] && !place.isShown[index]) index += by;
  return moments[index] ? index : from;
}

function across(index, forth) {
  const found = arrows.find((arrow) => forth
    ? arrow.from === index && place.isShown[arrow.to]
    : arrow.to === index && place.isShown[arrow.from]);
  const { other } = moments[index] ?? {};
  const isThere = other !== undefined && place.isShown[other];
  if (found) return forth ? found.to : found.from;
  return isThere && (other > index) === forth ? other : index;
}

scroller.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = chosen ?? pointed;
  const to = {
    ArrowDown: () => step(at, 1),
    ArrowUp: () => step(at, -1),
    ArrowRight: () => across(at, true),
    ArrowLeft: () => across(at, false),
    Escape: () => undefined,
  }[event.key];
  if (!to) return;
  event.preventDefault();
  choose(to(), true);
});

// Times stay in view when the drawing is moved sideways.
scroller.addEventListener("scroll", () => {
  showPieces();
  const x = scroller.scrollLeft;
  byId("times").setAttribute("transform", `translate(${x} 0)`);
});

const form = document.querySelector(".controls");

function readTicks() {
  for (const kind of ["lane", "connection"]) {
    const boxes = form.querySelectorAll(`input[data-${kind}]`);
    ticked[kind] = [...boxes].map((box) => box.checked);
  }
  ticked.toScale = byId("scale").checked;
}

form.addEventListener("submit", (event) => event.preventDefault());

form.addEventListener("change", (event) => {
  if (event.target.id === "search") return;
  readTicks();
  moveAll();
  const isGone = chosen !== undefined && !place.isShown[chosen];
  choose(isGone ? undefined : chosen);
});

form.addEventListener("click", (event) => {
  const { of } = event.target.dataset;
  if (of === undefined) return;
  for (const box of form.querySelectorAll(`input[data-${of}]`)) {
    box.checked = event.target.textContent === "all";
  }
  form.dispatchEvent(new Event("change"));
});

// What can be searched for: all that the trace has of a moment.
let haystacks;

function find(words) {
  haystacks ??= moments.map((moment) => {
    const event = trace.events[moment.event];
    const seen = [moment.text, moment.state, lanes[moment.lane].title];
    const socket = trace.sockets?.[event.socket];
    seen.push(event.call, event.errno, ...(event.args ?? []), event.address,
      event.data?.text, socket?.local, socket?.peer);
    return seen.filter(Boolean).join(" ").toLowerCase();
  });
  return haystacks.map((text) => text.includes(words));
}

let found = [];

byId("search").addEventListener("input", (event) => {
  const words = event.target.value.trim().toLowerCase();
  drawing.classList.toggle("searched", words !== "");
  found = words ? find(words) : [];
  moments.forEach((_, i) =>
    row(i).classList.toggle("found", found[i] === true));
  const count = found.filter(Boolean).length;
  byId("found").textContent = words ? `${count} found` : "";
});

byId("search").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  const isNext = (hit, i) => hit && place.isShown[i];
  const after = found.findIndex((hit, i) => isNext(hit, i) && i > chosen);
  const first = found.findIndex(isNext);
  const next = after >= 0 ? after : first;
  if (next >= 0) choose(next, true);
});

// A line is thin to point at: each arrow gets a broad one that nobody sees.
for (const arrow of parts(".arrow")) {
  const wide = arrow.querySelector(".way").cloneNode();
  wide.setAttribute("class", "wide");
  arrow.prepend(wide);
}

addEventListener("resize", () => {
  seat();
  showPieces();
});
addEventListener("beforeprint", () => {
  showPieces(true);
  scroller.style.zoom = Math.min(1, PAPER / place.width);
});
addEventListener("afterprint", () => {
  scroller.style.zoom = "";
  showPieces();
});
readTicks();
placeAll();
seat();
showPieces();
const named = /^#m(\d+)$/.exec(location.hash);
if (named && moments[named[1]]) choose(Number(named[1]), true);
