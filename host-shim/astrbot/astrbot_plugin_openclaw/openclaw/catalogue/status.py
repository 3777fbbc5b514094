"""Faults, the diagnosis and the status."""

# fmt: off
TEXTS: dict[str, tuple[str, str]] = {
    # Faults and the diagnosis.
    "fault": ("⚠️ {code}：{message}", "⚠️ {code}: {message}"),
    "cause": ("原因：{cause}", "Cause: {cause}"),
    "remedy": ("解决办法：{remedy}", "Fix: {remedy}"),
    "retry": ("{seconds} 秒后重试。", "Retry in {seconds} s."),
    "all_well": ("一切正常。", "Everything is fine."),

    # The status.
    "primary": ("主网关", "primary"),
    "backup": ("备用网关", "backup"),
    "closed": ("关闭（正常）", "closed (normal)"),
    "open": ("打开（暂停请求）", "open (requests paused)"),
    "half_open": ("半开（试探中）", "half-open (testing)"),
    "breaker": (
        "{gateway}熔断：{state}，连续失败 {n} 次",
        "{gateway} breaker: {state}, {n} consecutive failures"),
    "breaker_trial": ("{breaker}，{seconds} 秒后试探", "{breaker}, next trial in {seconds} s"),
    "memory": (
        "内存：可用 {available} MiB，共 {total} MiB（{bound}）",
        "Memory: {available} of {total} MiB available ({bound})"),
    "machine": ("整机", "machine"),
    "container": ("容器", "container"),
    "memory_unreadable": ("内存：无法读取（{why}）", "Memory: unreadable ({why})"),
    "memory_estimated": ("（估算值：{why}）", "(estimated: {why})"),
    "heavy_allowed": ("最高级别：{level}；重任务：允许", "Highest level: {level}; heavy tasks: allowed"),
    "heavy_refused": ("最高级别：{level}；重任务：拒绝", "Highest level: {level}; heavy tasks: refused"),
    "levels_with_agents": (
        "级别：每级对应一个网关智能体，网关自带的工具也受限制",
        "Levels: each has its own gateway agent, so the gateway's own tools are limited too"),
    "levels_without_agents": (
        "级别：只限制 AstrBot 的工具，不限制网关自带的工具",
        "Levels: limit AstrBot's tools only, not the gateway's own"),
    "approvals_pending": ("等待确认：{n} 个请求", "Waiting for approval: {n}"),
    "queue": ("队列：运行 {running}，等待 {waiting}", "Queue: {running} running, {waiting} waiting"),
    "counters": (
        "累计：{turns} 次，完成 {completed}，失败 {failed}，拒绝 {refused}，取消 {cancelled}",
        "Total: {turns} turns, {completed} completed, {failed} failed, {refused} refused, {cancelled} cancelled"),
    "component": (
        "组件：{world} sha256:{sha256:.16}（{size} 字节，{code}）",
        "Component: {world} sha256:{sha256:.16} ({size} bytes, {code})"),
}
# fmt: on
