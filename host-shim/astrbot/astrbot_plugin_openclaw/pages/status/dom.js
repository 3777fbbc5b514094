// Makes and changes elements. Text only, never markup: much of it comes from models, gateways and chats. What has not
// changed is not touched, so that focus, selection and a screen reader's place stay where they are.

const find = (id) => document.getElementById(id);

function element(name, text, mood) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (mood) made.className = mood;
  return made;
}

// A name from outside: its writing direction must not reach what stands beside it.
function outside(text) {
  return element("bdi", text);
}

function put(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

const drawn = new WeakMap();

// Calls `draw` if `data` differs from what was drawn in `target` before.
function ifChanged(target, data, draw) {
  const now = JSON.stringify(data);
  if (drawn.get(target) === now) return;
  drawn.set(target, now);
  draw();
}

function rows(id, pairs) {
  const list = find(id);
  ifChanged(list, pairs, () => list.replaceChildren(...pairs.flatMap(([name, value, mood]) => {
    const text = element("dd", undefined, mood);
    text.append(outside(value));
    return [element("dt", name), text];
  })));
}

// Entries stay where they are while they live, and for a while afterwards, so that a click or a key press hits what it
// was meant for.
const KEPT_MS = 10000;

// Entries of a list beyond which ended ones go even while somebody points at it.
const MOST = 60;

// A press this soon after things have moved may be meant for what was there before; keys follow the focus instead.
const SETTLING_MS = 500;
let movedAt = 0;

function moved() {
  movedAt = performance.now();
}

// Shows `entries` (each with an `id`) in a list: `make` one, `change` one that is there, `over` for one that has gone.
function keyed(list, entries, { make, change, over }) {
  const found = new Map(entries.map((entry) => [entry.id, entry]));
  const busy = () => list.children.length <= MOST && list.matches(":hover, :focus-within");
  for (const item of [...list.children]) {
    const entry = found.get(item.dataset.id);
    found.delete(item.dataset.id);
    if (entry) {
      change(item, entry);
    } else {
      if (!item.dataset.over) {
        item.dataset.over = String(performance.now());
        over(item);
      }
      const old = performance.now() - item.dataset.over > KEPT_MS;
      if (old && !busy() && !item.matches(":focus-within")) {
        item.remove();
        moved();
      }
    }
  }
  for (const entry of found.values()) {
    const item = make(entry);
    item.dataset.id = entry.id;
    list.append(item);
    moved();
  }
  return found;
}

// A button that sends one request a press. It keeps the focus meanwhile and afterwards: a disabled one would lose it.
// `send` gives what to say; `final`: it can be pressed only once, with the others of its `group`.
function button(text, mood, group, result, send, final) {
  const made = element("button", text, mood);
  made.type = "button";
  group.push(made);
  made.addEventListener("click", async (event) => {
    const pointer = event.detail > 0;
    if (made.getAttribute("aria-disabled") === "true" || (pointer && performance.now() - movedAt < SETTLING_MS)) return;
    switchOff(group);
    let sent = false;
    try {
      put(result, await send());
      sent = true;
    } catch (error) {
      put(result, say.failed(short(error)));
    }
    if (!(sent && final)) group.forEach((each) => each.removeAttribute("aria-disabled"));
  });
  return made;
}

function switchOff(buttons) {
  for (const each of buttons) each.setAttribute("aria-disabled", "true");
}

// The time of day; `time`: seconds since 1970.
function timeOf(time) {
  return new Date(time * 1000).toLocaleTimeString(document.documentElement.lang);
}

// Why something failed, in a line.
function short(error) {
  return String((error && error.message) || error || "?").slice(0, 200);
}
