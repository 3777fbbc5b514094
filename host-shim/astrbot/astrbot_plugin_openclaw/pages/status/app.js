// Polls the guards' state while the page is visible.

const EVERY_MS = 2000;

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

function show(state) {
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
