//! Memory, disk and clock.

use std::time::Duration;

use openclaw_core::fault::FaultCode;

use crate::doctor::check::Check;
use crate::doctor::facts::{Facts, release_day, size};
use crate::probe::Probe;
use crate::text::{Text, text};

const MIB: u64 = 1 << 20;
/// What a cold start takes, bytes.
const START: u64 = 1300 * MIB;
/// The guards' two thresholds, bytes: strictly below them they act.
const HEAVY: u64 = 512 * MIB;
const READ_ONLY: u64 = 350 * MIB;
/// Free disk below which files may be cut short, and below which an upgrade does not fit; bytes.
const DISK: (u64, u64) = (1024 * MIB, 5 * 1024 * MIB);

/// Enough memory for the gateway to start, and for the guards to let turns through.
pub fn memory(facts: &Facts) -> Vec<Check> {
    let memory = match &facts.memory {
        Ok(memory) => memory,
        Err(error) => {
            return vec![
                Check::wrong(
                    "memory",
                    FaultCode::HeavyTaskRefused,
                    "memory_unreadable",
                    text!(
                        "The memory cannot be read: {error}",
                        "无法读取内存：{error}"
                    ),
                )
                .because(
                    text!(
                        "The guards treat that as too little: no heavy tasks, level at most L1.",
                        "防护会按内存不足处理：不执行重任务，级别最高 L1。"
                    ),
                    text!(
                        "Run it where /proc and the control groups can be read.",
                        "请在可以读取 /proc 和 cgroup 的环境中运行。"
                    ),
                ),
            ];
        }
    };
    let (available, total) = (size(memory.available), size(memory.total));
    let shown = Text::new(
        format!("{} of {} available", available.en, total.en),
        format!("可用 {}，共 {}", available.zh, total.zh),
    );
    let free = text!(
        "Stop other programs or take a larger machine; 2 GiB are little for AstrBot and a gateway.",
        "请停止其他程序或换更大的机器；2 GiB 对 AstrBot 加网关来说偏小。"
    );
    if memory.available < READ_ONLY {
        return vec![
            Check::wrong(
                "memory",
                FaultCode::HeavyTaskRefused,
                "memory_below_350",
                shown,
            )
            .because(
                text!(
                    "Below 350 MiB the guards refuse heavy tasks and lower every turn to L1.",
                    "低于 350 MiB 时，防护会拒绝重任务并把级别降到 L1。"
                ),
                free,
            ),
        ];
    }
    if memory.available < HEAVY {
        return vec![
            Check::wrong(
                "memory",
                FaultCode::HeavyTaskRefused,
                "memory_below_512",
                shown,
            )
            .because(
                text!(
                    "Below 512 MiB the guards refuse heavy tasks.",
                    "低于 512 MiB 时，防护会拒绝重任务。"
                ),
                free,
            ),
        ];
    }
    if facts.listener.is_none() && memory.available < START {
        return vec![
            Check::wrong(
                "memory",
                FaultCode::NetworkOrUnreachable,
                "memory_below_start",
                shown,
            )
            .because(
                text!(
                    "A gateway that starts cold needs 1.1 to 1.3 GiB.",
                    "网关冷启动需要 1.1 到 1.3 GiB。"
                ),
                free,
            ),
        ];
    }
    vec![Check::ok("memory", shown)]
}

/// Enough disk for the gateway's state, and for the next image.
pub fn disk(facts: &Facts) -> Vec<Check> {
    let free = match &facts.disk_free {
        Ok(free) => *free,
        Err(error) => return vec![Check::skipped("disk", text!("{error}", "{error}"))],
    };
    let shown = size(free);
    let shown = Text::new(format!("{} free", shown.en), format!("剩余 {}", shown.zh));
    let remedy = text!(
        "Free some: docker image prune -a removes unused images.",
        "请释放空间：docker image prune -a 可清理无用镜像。"
    );
    vec![if free < DISK.0 {
        Check::wrong("disk", FaultCode::GatewayError, "disk_nearly_full", shown).because(
            text!(
                "Without disk the gateway cannot keep its state.",
                "磁盘满时网关无法保存状态。"
            ),
            remedy,
        )
    } else if free < DISK.1 {
        Check::note(
            "disk",
            "disk_small_for_upgrade",
            shown,
            text!(
                "An image of the gateway takes 2 to 4 GiB.",
                "网关的镜像需要 2 到 4 GiB。"
            ),
            remedy,
        )
    } else {
        Check::ok("disk", shown)
    }]
}

/// The clock is plausible and agrees with the gateway's.
pub fn clock(facts: &Facts) -> Vec<Check> {
    let wrong = |problem, detail| {
        vec![Check::wrong("clock", FaultCode::ModelProviderFailed, problem, detail).because(
            text!("With a wrong clock TLS to the model provider fails, and logs and restore points mislead.", "时钟错误会导致与模型服务的 TLS 连接失败，日志和恢复点也会误导。"),
            text!("Set the clock (timedatectl set-ntp true).", "请校准时钟（timedatectl set-ntp true）。"),
        )]
    };
    if facts.now < release_day() {
        return wrong(
            "clock_in_the_past",
            text!(
                "The clock is before the release of the gateway.",
                "时钟早于网关的发布日期。"
            ),
        );
    }
    let slack = Duration::from_secs(300);
    let future = facts.entries.iter().find(|(_, found)| {
        found
            .modified
            .is_some_and(|modified| modified > facts.now + slack)
    });
    if let Some((path, _)) = future {
        let path = if path.is_empty() { "." } else { path };
        return wrong(
            "clock_went_back",
            text!(
                "{path} was changed in the future: the clock has gone back.",
                "{path} 的修改时间在未来：时钟被回拨过。"
            ),
        );
    }
    let ahead = [&facts.stranger, &facts.bearer]
        .into_iter()
        .flatten()
        .find_map(|probe| match probe {
            Probe::Answered { clock_ahead, .. } => *clock_ahead,
            Probe::Failed { .. } => None,
        });
    match ahead {
        Some(ahead) if ahead.abs() > 60 => wrong(
            "clocks_differ",
            text!(
                "The gateway's clock differs by {ahead} s.",
                "网关的时钟相差 {ahead} 秒。"
            ),
        ),
        _ => vec![Check::ok("clock", text!("plausible", "正常"))],
    }
}
