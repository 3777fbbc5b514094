// Polls the guards' state while the page is visible.

const EVERY_MS = 2000;

// How long requests that have ended stay, once none waits.
const KEPT_MS = 10000;

const TEXTS = {
  zh: {
    title: "OpenClaw 状态", breakers: "熔断", memory: "内存", queue: "队列", component: "组件",
    faults: "最近的故障", primary: "主网关", backup: "备用网关",
    closed: "关闭（正常）", open: "打开（暂停请求）", half_open: "半开（试探中）",
    failures: (n) => `连续失败 ${n} 次`, trial: (s) => `${s} 秒后试探`,
    available: "可用", total: "总计", bound: "范围", machine: "整机", container: "容器",
    cap: "最高级别", heavy: "重任务", taken: "允许", refused: "拒绝", unreadable: "无法读取", estimated: "估算值",
    running: "运行中", waiting: "等待中", counts: "累计",
    counted: (c) => `${c.turns} 次：完成 ${c.completed}，失败 ${c.failed}，拒绝 ${c.refused}，取消 ${c.cancelled}`,
    world: "接口", size: "大小", code: "机器码", none: "没有", at: "更新于", lost: "与 AstrBot 的连接中断：",
    not_used: "未采用插件目录中的组件：",
    levels: "级别约束", with_agents: "网关自带的工具与 AstrBot 的工具", without_agents: "仅 AstrBot 的工具",
    approvals: "等待确认", approve: "同意", reject: "拒绝",
    asks: (a) => `${a.asker}（${a.chat}）`, id: "编号", approver: { asker: "提问者或管理员可确认", admin: "仅管理员可确认" },
    left: (s) => `剩余 ${s} 秒`, over: "已结束",
    result: { done: "已处理", not_pending: "任务已经结束", already_decided: "已经处理过，或已逾期", not_permitted: "没有权限", not_shown: "内容过长，无法完整显示，只能拒绝" },
  },
  en: {
    title: "OpenClaw status", breakers: "Breakers", memory: "Memory", queue: "Queue", component: "Component",
    faults: "Recent faults", primary: "Primary", backup: "Backup",
    closed: "closed (normal)", open: "open (requests paused)", half_open: "half-open (testing)",
    failures: (n) => `${n} consecutive failures`, trial: (s) => `next trial in ${s} s`,
    available: "Available", total: "Total", bound: "Limited by", machine: "machine", container: "container",
    cap: "Highest level", heavy: "Heavy tasks", taken: "allowed", refused: "refused", unreadable: "unreadable", estimated: "Estimated",
    running: "Running", waiting: "Waiting", counts: "Total",
    counted: (c) => `${c.turns} turns: ${c.completed} completed, ${c.failed} failed, ${c.refused} refused, ${c.cancelled} cancelled`,
    world: "World", size: "Size", code: "Machine code", none: "none", at: "Updated", lost: "Connection to AstrBot lost: ",
    not_used: "The component in the plugin folder was rejected: ",
    levels: "Levels limit", with_agents: "the gateway's own tools and AstrBot's", without_agents: "AstrBot's tools only",
    approvals: "Waiting for approval", approve: "Approve", reject: "Reject",
    asks: (a) => `${a.asker} (${a.chat})`, id: "id", approver: { asker: "the asker or an admin may approve", admin: "only an admin may approve" },
    left: (s) => `${s} s left`, over: "Ended",
    result: { done: "Done", not_pending: "The task has ended", already_decided: "Already decided or expired", not_permitted: "Not allowed", not_shown: "Too long to show in full; it can only be rejected" },
  },
};

const bridge = window.AstrBotPluginPage;
const find = (id) => document.getElementById(id);
let say = TEXTS.zh;

function speak(locale) {
  say = String(locale || "zh").startsWith("zh") ? TEXTS.zh : TEXTS.en;
  document.documentElement.lang = say === TEXTS.zh ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = say[element.dataset.text];
  }
}

// Text only, never markup: some of it comes from the gateway.
function rows(id, pairs) {
  find(id).replaceChildren(
    ...pairs.flatMap(([name, value, mood]) => {
      const term = document.createElement("dt");
      const text = document.createElement("dd");
      term.textContent = name;
      text.textContent = value;
      if (mood) text.className = mood;
      return [term, text];
    }),
  );
}

function element(name, text, mood) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (mood) made.className = mood;
  return made;
}

// Entries are never moved, nor drawn anew: a click or a key press must not hit another request's button.
function showApprovals(approvals) {
  const list = find("approvals");
  const waiting = new Map(approvals.map((approval) => [approval.id, approval]));
  for (const item of list.children) {
    const approval = waiting.get(item.dataset.id);
    item.querySelector(".left").textContent = approval ? say.left(approval.expires_in_seconds) : say.over;
    if (!approval) {
      item.querySelectorAll("button").forEach((button) => { button.disabled = true; });
      item.dataset.over ||= String(Date.now());
    }
    waiting.delete(item.dataset.id);
  }
  list.append(...[...waiting.values()].map(approvalItem));
  if (!approvals.length && [...list.children].every((item) => Date.now() - item.dataset.over > KEPT_MS)) {
    list.replaceChildren();
  }
  find("waiting").hidden = !list.children.length;
}

function approvalItem(approval) {
  const item = element("li");
  item.dataset.id = approval.id;
  const head = element("p", `${say.id} ${approval.id} · ${say.asks(approval)} · ${say.approver[approval.approver]} · `);
  const left = element("span", say.left(approval.expires_in_seconds), "left");
  left.setAttribute("aria-live", "off"); // A countdown must not be read out.
  head.append(left);
  const calls = element("ol");
  calls.append(...approval.calls.map((call) => {
    const line = element("li", `${call.name} `);
    line.append(element("code", call.arguments));
    return line;
  }));
  const result = element("p");
  result.setAttribute("role", "status");
  const buttons = [[say.approve, true, "good"], [say.reject, false, "bad"]].map(([text, approve, mood]) => {
    const button = element("button", text, mood);
    button.type = "button";
    button.setAttribute("aria-label", `${text} ${approval.id}`);
    button.addEventListener("click", async () => {
      buttons.forEach((each) => { each.disabled = true; });
      try {
        const answer = await bridge.apiPost("decide", { id: approval.id, approve });
        const code = (answer && answer.data && answer.status === "ok" ? answer.data : answer).result;
        result.textContent = say.result[code] || code;
      } catch (error) {
        result.textContent = say.lost + error.message;
        buttons.forEach((each) => { each.disabled = false; });
      }
    });
    return button;
  });
  item.append(head, calls, ...buttons, result);
  return item;
}

function show(state) {
  showApprovals(state.approvals);
  const problem = state.problem || (state.component_problem && say.not_used + state.component_problem);
  find("problem").hidden = !problem;
  find("problem").textContent = problem || "";
  const { status, component } = state;
  if (status) {
    rows("breakers", Object.entries(status.breakers).map(([name, breaker]) => {
      const more = [say[breaker.state], say.failures(breaker.failures)];
      if (breaker.retry_after_seconds > 0) more.push(say.trial(Math.ceil(breaker.retry_after_seconds)));
      const mood = { closed: "good", open: "bad", half_open: "wait" }[breaker.state];
      return [say[name] || name, more.join(" · "), mood];
    }));
    const memory = status.memory;
    rows("memory", [
      [say.available, memory.available_mib === null ? `${say.unreadable}: ${memory.unreadable}` : `${memory.available_mib} MiB`],
      ...(memory.estimated ? [[say.estimated, memory.estimated, "wait"]] : []),
      [say.total, memory.total_mib === null ? "–" : `${memory.total_mib} MiB`],
      [say.bound, say[memory.bound] || "–"],
      [say.cap, memory.level_cap],
      [say.levels, status.level_agents ? say.with_agents : say.without_agents],
      [say.heavy, memory.heavy_allowed ? say.taken : say.refused, memory.heavy_allowed ? "good" : "bad"],
    ]);
    rows("queue", [
      [say.running, String(status.in_flight)],
      [say.waiting, String(status.queued)],
      [say.counts, say.counted(status.counters)],
    ]);
  } else {
    ["breakers", "memory", "queue"].forEach((id) => rows(id, []));
  }
  rows("component", component
    ? [[say.world, component.world], ["SHA-256", component.sha256], [say.size, `${component.size} B`], [say.code, component.code]]
    : []);
  find("faults").replaceChildren(...(state.last_faults.length ? state.last_faults : [null]).map((fault) => {
    const row = document.createElement("tr");
    const cells = fault
      ? [new Date(fault.time * 1000).toLocaleString(), fault.code, fault.cause, fault.remedy]
      : [say.none];
    for (const text of cells) {
      const cell = document.createElement("td");
      cell.textContent = text;
      row.append(cell);
    }
    return row;
  }));
  find("live").textContent = `${say.at} ${new Date().toLocaleTimeString()}`;
}

async function update() {
  if (document.hidden) return;
  try {
    const answer = await bridge.apiGet("state");
    show(answer && answer.data && answer.status === "ok" ? answer.data : answer);
  } catch (error) {
    find("live").textContent = say.lost + error.message;
  }
}

const context = await bridge.ready();
speak(context && context.locale);
bridge.onContext((next) => speak(next && next.locale));
await update();
setInterval(update, EVERY_MS);
document.addEventListener("visibilitychange", update);
