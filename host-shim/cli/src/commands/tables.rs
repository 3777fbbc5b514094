//! The tables of faults and guards, for people and for the README.

use host_shim::{Config, FaultCode, Locale};
use openclaw_core::config::{Limits, MIB};
use openclaw_core::guards::breaker::MAX_RETRY_AFTER_MS;
use openclaw_core::guards::queue::MAX_WAITING_BYTES;

use openclaw_core::locale::say;
use openclaw_render::Style;

/// A table with a head.
struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn markdown(&self) -> String {
        let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let escape = |cell: &String| cell.replace('|', "\\|");
        let mut out = row(self.head.clone());
        out.push_str(&row(self.head.iter().map(|_| "---".to_owned()).collect()));
        for cells in &self.rows {
            out.push_str(&row(cells.iter().map(escape).collect()));
        }
        out
    }

    /// The first cell of a row as its title, the others below it.
    fn plain(&self, style: Style) -> String {
        let colon = say!(style.locale, en: ":", zh: "：");
        let mut out = String::new();
        for cells in &self.rows {
            for (index, (name, cell)) in self.head.iter().zip(cells).enumerate() {
                let cell = cell.replace('`', "");
                out.push_str(&match index {
                    0 => format!("{}\n", style.bold(&cell)),
                    _ => format!("  {} {cell}\n", style.dim(&format!("{name}{colon}"))),
                });
            }
        }
        out
    }

    fn text(&self, markdown: bool, locale: Locale) -> String {
        if markdown {
            self.markdown()
        } else {
            self.plain(Style::coloured(locale))
        }
    }
}

/// Every fault with its cause and remedy.
pub fn faults(locale: Locale, markdown: bool) -> String {
    let head = vec![
        say!(locale, en: "code", zh: "代码"),
        say!(locale, en: "counts for the breaker", zh: "计入熔断"),
        say!(locale, en: "cause", zh: "原因"),
        say!(locale, en: "remedy", zh: "处理"),
    ];
    let rows = FaultCode::ALL
        .iter()
        .map(|code| {
            let counts = match code.counts_for_breaker() {
                true => say!(locale, en: "yes", zh: "是"),
                false => say!(locale, en: "no", zh: "否"),
            };
            vec![
                format!("`{code}`"),
                counts,
                code.cause(locale).to_owned(),
                code.remedy(locale).to_owned(),
            ]
        })
        .collect();
    Table { head, rows }.text(markdown, locale)
}

/// Every guard with its rule, under the limits of a config.
pub fn guards(config: &Config, locale: Locale, markdown: bool) -> String {
    let limits = &config.limits;
    #[rustfmt::skip]
    let Limits { max_level, breaker_failures, queue_length, background_length, heavy_bytes, .. } = limits;
    let [heavy_floor_mib, read_only_floor_mib] =
        [limits.heavy_floor, limits.read_only_floor].map(|bytes| bytes / MIB);
    let words = limits.heavy_words.join(&say!(locale, en: ", ", zh: "、"));
    let open = limits.breaker_open.as_secs_f64();
    let wait = limits.queue_wait.as_secs_f64();
    let background_wait = limits.background_wait.as_secs_f64();
    let approval = config.timeouts.approval.as_secs_f64();
    let queue_mib = MAX_WAITING_BYTES >> 20;
    let most = MAX_RETRY_AFTER_MS / 60_000;
    let rules = [
        (
            say!(locale, en: "levels", zh: "级别"),
            say!(locale,
                en: "`L0` talk only, `L1` read-only tools, `L2` AstrBot commands and tools, `L3` the host without root, `L4` root. No turn gets more than `{max_level}` (`max_level`). A tool above the effective level is not offered; if the model calls it anyway, the call is rejected: the model gets an error, the user a notice. With `gateway_level_agents` the level also picks the gateway's agent, and so limits the gateway's own tools.",
                zh: "`L0` 仅对话，`L1` 只读工具，`L2` AstrBot 命令与工具，`L3` 主机（非 root），`L4` root。任何任务不超过 `{max_level}`（`max_level`）。高于有效级别的工具不会提供给模型；即使模型调用它，也会被拒绝：模型收到错误，用户收到提示。开启 `gateway_level_agents` 后，级别还决定由网关的哪个智能体回答，因此也限制网关自带的工具。"),
        ),
        (
            say!(locale, en: "approval", zh: "确认"),
            say!(locale,
                en: "A tool may need approval from the person who asked or from an admin. Its calls wait up to {approval} s (`approval_timeout_seconds`); no answer means no. One approval covers exactly the calls shown; memory and level are checked again before they run. Waiting does not count towards the turn's timeout.",
                zh: "工具可以要求由提问者或管理员确认。其调用最多等待 {approval} 秒（`approval_timeout_seconds`），没有答复视为拒绝。一次确认只对所展示的调用有效；运行前会再次检查内存和级别。等待确认的时间不计入任务时限。"),
        ),
        (
            say!(locale, en: "memory", zh: "内存"),
            say!(locale,
                en: "Below {heavy_floor_mib} MiB available (`heavy_floor_mib`) heavy turns are refused. Below {read_only_floor_mib} MiB (`read_only_floor_mib`) the level is also capped at `L1`. Memory is read at admission and before each tool call; if it cannot be read, it counts as short.",
                zh: "可用内存低于 {heavy_floor_mib} MiB（`heavy_floor_mib`）时拒绝重任务；低于 {read_only_floor_mib} MiB（`read_only_floor_mib`）时级别也不超过 `L1`。内存在放行时和每次工具调用前读取；无法读取时按不足处理。"),
        ),
        (
            say!(locale, en: "heavy", zh: "重任务"),
            say!(locale,
                en: "A turn with an attachment, one marked as heavy, one whose text contains {words} (`heavy_words`), or one whose request exceeds {heavy_bytes} bytes (`heavy_bytes`).",
                zh: "带附件、标记为重任务、文字含有 {words} 之一（`heavy_words`），或请求超过 {heavy_bytes} 字节（`heavy_bytes`）的任务。"),
        ),
        (
            say!(locale, en: "memory source", zh: "内存来源"),
            say!(locale,
                en: "The minimum of MemAvailable (estimated as the kernel does where it reports none) and, for every enclosing cgroup, each limit (v2 `memory.max` and `memory.high`; v1 `memory.limit_in_bytes`, with swap, and `hierarchical_memory_limit`) minus its usage, not counting file cache and slab that the kernel can reclaim; tmpfs and unwritten pages count as used. Limits that cannot be read are left out, with a notice. On Windows, the least of available physical memory, what may still be committed, and the memory limits of the job around this process minus its usage. On macOS, free and inactive pages.",
                zh: "取 MemAvailable（内核未提供时按内核算法估算）与每一层 cgroup 各项上限（v2 为 `memory.max` 与 `memory.high`；v1 为 `memory.limit_in_bytes`、含交换区的上限与 `hierarchical_memory_limit`）减去用量的最小值；内核可回收的文件缓存与 slab 不计入用量，tmpfs 与未写回的页计入。读不到的上限略去并给出提示。Windows 取可用物理内存、仍可提交的内存与所在作业（job）的内存上限减去用量中的最小值；macOS 取空闲与不活跃的页。"),
        ),
        (
            say!(locale, en: "concurrency", zh: "并发"),
            say!(locale,
                en: "Always one turn at a time, including one that the gateway still runs after its caller has left: gateways that go on are read to the end for up to 60 s, after which the next turn gets a notice that it may still run. Up to {queue_length} others wait in order (`queue_length`), together at most {queue_mib} MiB, for up to {wait} s (`queue_wait_seconds`); beyond that, `busy`. Background turns go after all others and take no place of theirs: up to {background_length} wait (`background_length`), for up to {background_wait} s (`background_wait_seconds`); one that runs is not interrupted.",
                zh: "始终一次只运行一个任务，调用方离开后网关仍在运行的任务也算在内：会继续运行的版本，其回答会被读完（最多 60 秒），之后下一个任务会提示它可能仍在运行。最多 {queue_length} 个按顺序等待（`queue_length`），合计不超过 {queue_mib} MiB，最长 {wait} 秒（`queue_wait_seconds`）；否则为 `busy`。后台任务排在所有其他任务之后，且不占用其名额：最多 {background_length} 个等待（`background_length`），最长 {background_wait} 秒（`background_wait_seconds`）；已开始的后台任务不会被打断。"),
        ),
        (
            say!(locale, en: "breaker", zh: "熔断"),
            say!(locale,
                en: "Per gateway. {breaker_failures} failures in a row (`breaker_failures`) open it for {open} s (`breaker_open_seconds`), or longer if the gateway's `Retry-After` says so, up to {most} minutes. Then one trial turn is allowed: success closes it, failure opens it again.",
                zh: "每个网关各有一个。连续失败 {breaker_failures} 次（`breaker_failures`）后打开 {open} 秒（`breaker_open_seconds`），网关的 `Retry-After` 只会使其更久，最多 {most} 分钟；之后放行一次试探：成功则关闭，失败则再次打开。"),
        ),
        (
            say!(locale, en: "limits", zh: "限值"),
            say!(locale,
                en: "A config may only tighten the defaults; one that loosens them is refused. Concurrency cannot be changed.",
                zh: "设置只能收紧默认值，放宽会被拒绝。并发不可更改。"),
        ),
    ];
    let rows = rules
        .into_iter()
        .map(|(guard, rule)| vec![guard, rule])
        .collect();
    let head = vec![
        say!(locale, en: "guard", zh: "防护"),
        say!(locale, en: "rule", zh: "规则"),
    ];
    Table { head, rows }.text(markdown, locale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fault_table_has_a_row_for_every_code() {
        for locale in [Locale::En, Locale::Zh] {
            let table = faults(locale, true);
            assert_eq!(table.lines().count(), FaultCode::ALL.len() + 2);
            for code in FaultCode::ALL {
                assert!(table.contains(&format!("| `{code}` |")), "{code}");
            }
            assert!(
                table.lines().all(|line| line.matches(" | ").count() == 3),
                "{table}"
            );
        }
    }

    #[test]
    fn the_guard_table_has_the_limits_in_force() {
        let mut config = Config::default();
        let table = guards(&config, Locale::En, true);
        for part in ["512 MiB", "350 MiB", "2 failures", "60 s", "120 s", "图片"] {
            assert!(table.contains(part), "{part} is missing:\n{table}");
        }
        config.limits.heavy_floor = 777 * MIB;
        assert!(guards(&config, Locale::Zh, false).contains("777 MiB"));
    }
}
