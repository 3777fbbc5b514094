// Polls the guards' state and the tasks while the page is visible, and sends what is decided here.

const EVERY_MS = 2000;

// How long an answer may take.
const ANSWER_MS = 10000;

const bridge = window.AstrBotPluginPage;
let updatedAt = "";
let isLost = false;
let polling = false;
let last = null;

function speak(locale) {
  const next = String(locale || "zh").startsWith("zh") ? TEXTS.zh : TEXTS.en;
  document.documentElement.lang = next === TEXTS.zh ? "zh-CN" : "en";
  if (next === say && document.title) return;
  say = next;
  document.title = say.title;
  for (const each of document.querySelectorAll("[data-text]")) each.textContent = say[each.dataset.text];
  // What has been drawn is in the other language.
  for (const id of ["approvals", "tasks"]) find(id).replaceChildren();
  if (last) show(last);
}

// Said once, by screen readers only.
function announce(text) {
  put(find("announce"), text);
}

function inTime(promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(say.no_answer)), ANSWER_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

// AstrBot's versions differ in whether they unpack an answer.
function unpacked(answer) {
  const data = answer && answer.data && answer.status === "ok" ? answer.data : answer;
  if (!data || typeof data !== "object") throw new Error(say.unclear);
  return data;
}

// What a request has come to, in words.
async function sent(endpoint, body, words) {
  const { result } = unpacked(await inTime(bridge.apiPost(endpoint, body)));
  if (typeof result !== "string") throw new Error(say.unclear);
  setTimeout(update, 0);
  return words[result] || result;
}

function showApprovals(approvals) {
  const list = find("approvals");
  const added = keyed(list, approvals, {
    make: approvalItem,
    change: (item, approval) => put(item.querySelector(".left"), say.left(approval.expires_in_seconds)),
    over: (item) => {
      put(item.querySelector(".left"), say.over);
      switchOff(item.querySelectorAll("button"));
    },
  });
  if (added.size) announce(say.asked([...added.keys()].join(say.comma)));
  find("waiting").hidden = !list.children.length;
}

function approvalItem(approval) {
  const item = element("li");
  const head = element("p");
  const left = element("span", say.left(approval.expires_in_seconds), "left");
  head.append(`${say.id} ${approval.id} · `, outside(say.asks(approval)), ` · ${say.approver[approval.approver]} · `, left);
  const calls = element("ol");
  scrolls(calls, `${say.calls} ${approval.id}`);
  calls.append(...approval.calls.map((call) => {
    const line = element("li");
    const args = element("code");
    args.append(outside(call.arguments));
    line.append(outside(call.name), " ", args);
    return line;
  }));
  const result = resultOf();
  const group = [];
  const buttons = [[say.approve, true, "good"], [say.reject, false, "bad"]].map(([text, approve, mood]) => {
    const made = button(text, mood, group, result, () => sent("decide", { id: approval.id, approve }, say.result), true);
    made.setAttribute("aria-label", `${text} ${approval.id}`);
    return made;
  });
  item.append(head, calls, pressed(buttons, result));
  return item;
}

// Something long, which scrolls, also by keyboard.
function scrolls(target, name) {
  target.tabIndex = 0;
  target.setAttribute("role", "group");
  target.setAttribute("aria-label", name);
}

// Where it is said what has come of a press: beside the buttons, so that nothing moves.
function resultOf() {
  const result = element("span", "", "result");
  result.setAttribute("role", "status");
  return result;
}

function pressed(buttons, result) {
  const line = element("p", undefined, "buttons");
  line.append(...buttons, result);
  return line;
}

function showTasks(tasks) {
  const list = find("tasks");
  const added = keyed(list, tasks, {
    make: taskItem,
    change: changeTask,
    over: (item) => {
      put(item.querySelector(".state"), say.states.over);
      switchOff(item.querySelectorAll("button"));
    },
  });
  for (const item of list.children) {
    if (added.has(item.dataset.id)) toEnd(item.querySelector("pre"));
  }
  find("no-tasks").hidden = list.children.length > 0;
}

function taskItem(task) {
  const item = element("li");
  const head = element("h3");
  const number = task.number === null ? "" : ` ${task.number}`;
  head.append(`${say.door[task.door] || task.door}${number} · `, outside(task.asker));
  // For those who hear it alone: one person may have several.
  const name = `${head.textContent} · ${timeOf(task.started)}`;
  const facts = element("dl", undefined, "facts");
  const some = ["project", "text"].filter((fact) => task[fact]);
  for (const fact of ["state", "chat", "level", "since", "steps", ...some]) {
    const pair = element("div");
    const value = element("dd");
    value.append(element("bdi", "", fact));
    pair.append(element("dt", say[fact]), value);
    facts.append(pair);
  }
  const label = element("p", say.output, "label");
  const output = element("pre");
  output.dir = "auto";
  scrolls(output, `${say.output}${say.colon}${name}`);
  const result = resultOf();
  const cancel = button(say.cancel, "bad", [], result, () => sent("cancel", { id: task.id }, say.cancelled), true);
  cancel.setAttribute("aria-label", `${say.cancel}${say.colon}${name}`);
  item.append(head, facts, label, output, pressed([cancel], result));
  changeTask(item, task);
  return item;
}

function changeTask(item, task) {
  const facts = {
    state: say.states[task.state] || task.state, chat: task.chat, level: task.level,
    since: say.started(timeOf(task.started), say.ago(task.seconds)),
    steps: task.calls ? say.called(task.calls, task.last_call) : say.none,
    project: task.project, text: task.text,
  };
  for (const [fact, text] of Object.entries(facts)) {
    const place = item.querySelector(`.${fact}`);
    if (place) put(place, text);
  }
  const output = item.querySelector("pre");
  const atEnd = output.scrollTop + output.clientHeight >= output.scrollHeight - 4;
  // What has not begun has none; the place of the others must not move with what they say.
  const none = task.state === "waiting" && !task.output;
  if (output.hidden !== none) moved();
  output.hidden = item.querySelector(".label").hidden = none;
  put(output, task.output ? (task.left_out ? say.left_out(task.left_out) : "") + task.output : say.no_output);
  if (atEnd) toEnd(output);
}

function toEnd(output) {
  output.scrollTop = output.scrollHeight;
}

function showGuards({ status, component, memory_history: history }) {
  rows("breakers", status ? Object.entries(status.breakers).map(([name, breaker]) => {
    const more = [say[breaker.state], say.failures(breaker.failures)];
    if (breaker.retry_after_seconds > 0) more.push(say.trial(Math.ceil(breaker.retry_after_seconds)));
    const mood = { closed: "good", open: "bad", half_open: "wait" }[breaker.state];
    return [say[name] || name, more.join(" · "), mood];
  }) : []);
  const memory = status && status.memory;
  rows("memory", memory ? [
    [say.available, memory.available_mib === null ? `${say.unreadable}${say.colon}${memory.unreadable}` : `${memory.available_mib} MiB`],
    ...(memory.estimated ? [[say.estimated, memory.estimated, "wait"]] : []),
    [say.total, memory.total_mib === null ? "–" : `${memory.total_mib} MiB`],
    [say.bound, say[memory.bound] || "–"],
    [say.cap, memory.level_cap],
    [say.levels, status.level_agents ? say.with_agents : say.without_agents],
    [say.heavy, memory.heavy_allowed ? say.taken : say.refused, memory.heavy_allowed ? "good" : "bad"],
  ] : []);
  if (history) showChart(history);
  rows("queue", status ? [
    [say.running, String(status.in_flight)],
    [say.waiting, String(status.queued)],
    [say.counts, say.counted(status.counters)],
  ] : []);
  rows("component", component
    ? [[say.world, component.world], ["SHA-256", component.sha256], [say.size, `${component.size} B`], [say.code, component.code]]
    : []);
}

function showFaults(faults) {
  const list = find("faults");
  ifChanged(list, [say.none, faults], () => list.replaceChildren(...faults.map((fault) => {
    const item = element("li");
    const head = element("p");
    head.append(`${new Date(fault.time * 1000).toLocaleString(document.documentElement.lang)} · `, element("code", fault.code));
    const cause = element("p");
    cause.append(outside(fault.cause));
    const remedy = element("p");
    remedy.append(outside(fault.remedy));
    item.append(head, cause, remedy);
    return item;
  })));
  find("no-faults").hidden = faults.length > 0;
}

function show(state) {
  const problem = state.problem || (state.component_problem && say.not_used + state.component_problem) || "";
  find("problem").hidden = !problem;
  put(find("problem"), problem);
  showApprovals(state.approvals);
  showTasks(state.tasks || []);
  showGuards(state);
  showFaults(state.last_faults);
}

function lost(why) {
  isLost = true;
  put(find("lost"), say.lost(why, updatedAt));
}

async function update() {
  if (document.hidden || polling) return;
  polling = true;
  try {
    const state = unpacked(await inTime(bridge.apiGet("state")));
    if (!Array.isArray(state.approvals)) throw new Error(say.unclear);
    last = state;
    show(state);
    updatedAt = timeOf(Date.now() / 1000);
    put(find("updated"), `${say.at} ${updatedAt}`);
    if (isLost) announce(say.back);
    isLost = false;
    put(find("lost"), "");
  } catch (error) {
    lost(short(error));
  } finally {
    polling = false;
  }
}

const resetting = resultOf();
const reset = button(say.reset, "", [], resetting, () => sent("reset", { breakers: true }, say.resetting), false);
reset.dataset.text = "reset";
find("reset").append(pressed([reset], resetting));

const context = await bridge.ready();
speak(context && context.locale);
bridge.onContext((next) => speak(next && next.locale));
await update();
setInterval(update, EVERY_MS);
document.addEventListener("visibilitychange", update);
window.addEventListener("resize", () => last && last.memory_history && showChart(last.memory_history));
