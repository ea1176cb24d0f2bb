"use strict";
// What the panel says of a moment: everything that the trace has of it. Text
// goes in as text, so that no payload can become markup.

const panel = byId("panel");

function make(name, text, className) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function duration(ns) {
  if (ns < 1e5) return `${(ns / 1e3).toFixed(1)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toFixed(3)} ms`;
  return `${(ns / 1e9).toFixed(3)} s`;
}

const milliseconds = (ns) => `${(ns / 1e6).toFixed(3)} ms`;

function socketText(index) {
  const socket = trace.sockets?.[index];
  if (!socket) return "no socket, or none that is known";
  const kind = [socket.family, socket.kind, socket.protocol];
  const ends = socket.peer
    ? `${socket.local ?? "?"} ↔ ${socket.peer}`
    : socket.local ?? "no address yet";
  const about = [kind.filter(Boolean).join(" "), ends];
  if (socket.listens) about.push("listens");
  if (socket.inode) about.push(`inode ${socket.inode}`);
  return about.join(", ");
}

const heldText = (held) =>
  held.map((d) => `${d.fd}: ${socketText(d.socket)}`).join("\n");

function lookText(look) {
  const waiting = look.state === "LISTEN"
    ? [" to be accepted", " backlog"]
    : [" bytes to be received", " bytes not acknowledged"];
  const said = [look.state];
  if (look.receive_queue !== undefined) {
    said.push(look.receive_queue + waiting[0]);
  }
  if (look.send_queue !== undefined) said.push(look.send_queue + waiting[1]);
  return said.filter((part) => part !== undefined).join(", ");
}

function resultText(call) {
  const result = call.result ?? "? (it did not return)";
  return call.errno ? `${result} ${call.errno}` : String(result);
}

function ofCall(call, moment) {
  const hasFd = call.fd !== undefined;
  const back = call.exit_ns;
  const data = call.data;
  const waited = back === undefined ? undefined : back - call.enter_ns;
  return [
    ["result", resultText(call)],
    ["arguments", (call.args ?? []).join("\n")],
    ["descriptor", hasFd && `${call.fd}: ${socketText(call.socket)}`],
    ["address", call.address],
    ["bytes", data && `${data.length}${data.cut ? ", the first are" : ""}`],
    ["text", data?.text],
    ["made", call.made && heldText(call.made)],
    ["passed on", call.passed && heldText(call.passed)],
    ["asked about", call.awaits && heldText(call.awaits)],
    ["ready", call.ready?.map((r) => `${r.fd}: ${r.events}`).join("\n")],
    ["before", call.before && lookText(call.before)],
    ["after", call.after && lookText(call.after)],
    ["known by", stateSource(call, moment)],
    ["close", call.still_held && "other descriptors keep the socket open"],
    ["entered", milliseconds(call.enter_ns)],
    ["returned", back !== undefined && milliseconds(back)],
    ["in the call", waited !== undefined && duration(waited)],
  ];
}

function stateSource(call, moment) {
  if (moment.transition) return "a transition that the kernel reported";
  const isSample = call.before || call.after;
  return isSample && "a sample: asked while the caller stood still";
}

function ofOther(event) {
  return [
    ["signal", event.signal],
    ["from", event.from_pid !== undefined && `process ${event.from_pid}`],
    ["exit code", event.code],
    ["program", event.name],
    ["holds", event.holds && heldText(event.holds)],
    ["state", event.event === "state" && `${event.from} → ${event.to}`],
    ["known by", event.event === "state" &&
      "a transition that the kernel reported"],
    ["socket", event.socket !== undefined && socketText(event.socket)],
    ["segment", event.flags],
    ["from", event.flags && event.from],
    ["to", event.flags && event.to],
    ["sequence", event.sequence],
    ["acknowledges", event.acknowledged],
    ["window", event.window],
    ["bytes", event.flags && event.length],
    ["at", milliseconds(event.at_ns)],
  ];
}

function arrowText({ label, bytes, from, to }) {
  const who = (moment) => lanes[moments[moment]?.lane]?.title ?? "outside";
  const size = bytes > 0 ? ` (${bytes} bytes)` : "";
  return `${label}${size}: ${who(from)} → ${who(to)}`;
}

// Links to the other ends of its arrows, and to the rest of its own call.
function links(index) {
  const list = make("ul", undefined, "links");
  const link = (to, text) => {
    const button = make("button", text);
    button.type = "button";
    button.addEventListener("click", () => choose(to, true));
    const item = make("li");
    item.append(button);
    list.append(item);
  };
  const { other, at } = moments[index];
  if (other !== undefined) {
    const word = other > index ? "returns" : "was called";
    link(other, `${word}: ${milliseconds(moments[other].at)}`);
  }
  for (const arrow of arrows) {
    if (arrow.from === index && arrow.to !== undefined) {
      link(arrow.to, arrowText(arrow));
    } else if (arrow.to === index && arrow.from !== undefined) {
      link(arrow.from, arrowText(arrow));
    } else if (arrow.from === index || arrow.to === index) {
      list.append(make("li", arrowText(arrow)));
    }
  }
  return list;
}

function show(index) {
  const moment = moments[index];
  const event = trace.events[moment.event];
  const isCall = event.event === "call";
  const task = trace.tasks[event.task];
  const title = isCall ? `${event.call}(${event.fd ?? ""})` : moment.text;
  const heading = make("h2", title);
  if (moment.bad) heading.append(make("span", " failed", "warning"));
  const who = [lanes[moment.lane].title];
  if (task) who.push(`process ${task.pid}`, `thread ${task.tid}`);
  const list = make("dl");
  const said = isCall ? ofCall(event, moment) : ofOther(event);
  for (const [term, text] of said) {
    const isNothing = text === undefined || text === false || text === "";
    if (isNothing || text === null) continue;
    list.append(make("dt", term), make("dd", String(text)));
  }
  const close = make("button", "×", "close");
  close.type = "button";
  close.setAttribute("aria-label", "Close the details");
  close.addEventListener("click", () => choose(undefined));
  panel.replaceChildren(close, heading, make("p", who.join(", ")), list,
    links(index));
  panel.classList.add("full");
}
