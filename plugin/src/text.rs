//! Texts of the guards and the client, in the config's locale.

use openclaw_core::approval::Decision;
use openclaw_core::config::{Limits, MIB};
use openclaw_core::guards::heavy::Reason;
use openclaw_core::guards::queue::MAX_WAITING_BYTES;
use openclaw_core::level::Level;
use openclaw_core::locale::{Locale, say, seconds};
use openclaw_core::turn::Patience;

use crate::prelude::*;

mod files;

pub(crate) use files::{NotSent, file_not_sent, more_files_not_sent};

/// Bytes as whole mebibytes, rounded down, as in the thresholds.
fn mib(bytes: u64) -> u64 {
    bytes / MIB
}

/// `behind_background`: the running turn is a background one.
pub(crate) fn queued(
    locale: Locale,
    patience: Patience,
    ahead: usize,
    behind_background: bool,
) -> String {
    let n = ahead + 1;
    match (patience, behind_background) {
        (Patience::Background, _) => say!(locale,
            en: "Queued in the background behind {n}; interactive tasks go first.",
            zh: "后台任务已排队，前面还有 {n} 个；交互任务优先。"),
        (_, true) => say!(locale,
            en: "Queued behind {n}: a background task is running (one task runs at a time).",
            zh: "有后台任务在运行，本任务排队等待，前面还有 {n} 个（一次只运行一个）。"),
        (_, false) => say!(locale,
            en: "Queued behind {n} (one task runs at a time).",
            zh: "已有任务在运行，本任务排队等待，前面还有 {n} 个（一次只运行一个）。"),
    }
}

pub(crate) fn queued_behind_abandoned(locale: Locale, ms: u64) -> String {
    say!(locale,
        en: "The gateway is still running an abandoned task; waiting up to {s} s for it.",
        zh: "网关仍在运行已放弃的任务，最多等待 {s} 秒。",
        s = seconds(ms))
}

/// Empty if there are no such files.
pub(crate) fn shortened(locale: Locale, files: &str, most: usize) -> String {
    if files.is_empty() {
        return String::new();
    }
    say!(locale,
        en: "By default, the gateway passes only the first {most} characters of a text file to the model. Longer files: {files}.",
        zh: "网关默认只把文本文件的前 {most} 个字符交给模型；超出的有：{files}。")
}

/// Like [`shortened`], for a gateway of unknown version.
pub(crate) fn perhaps_shortened(locale: Locale, files: &str, most: usize) -> String {
    if files.is_empty() {
        return String::new();
    }
    say!(locale,
        en: "By default, newer gateways pass only the first {most} characters of a text file to the model. Longer files: {files}.",
        zh: "较新的网关默认只把文本文件的前 {most} 个字符交给模型；超出的有：{files}。")
}

pub(crate) fn answers_too_long(locale: Locale, max: u64) -> String {
    say!(locale,
        en: "the answers of this task exceeded {max} bytes in total and were cut off",
        zh: "本任务各轮回答合计超过 {max} 字节，已被截断")
}

pub(crate) fn may_still_run(locale: Locale) -> String {
    say!(locale,
        en: "The gateway may still be running an earlier, abandoned task alongside this one.",
        zh: "网关可能仍在运行之前放弃的任务，与本任务同时进行。")
}

pub(crate) fn level_lowered(
    locale: Locale,
    asked: Level,
    level: Level,
    available: Option<u64>,
) -> String {
    match available {
        None => say!(locale,
            en: "Level lowered from {asked} to {level}.",
            zh: "权限级别由 {asked} 降为 {level}。"),
        Some(bytes) => say!(locale,
            en: "Level lowered from {asked} to {level} (read-only): only {n} MiB of memory available.",
            zh: "可用内存仅 {n} MiB，权限级别由 {asked} 降为 {level}（只读）。",
            n = mib(bytes)),
    }
}

pub(crate) fn agent_switched(locale: Locale, agent: &str, level: Level) -> String {
    say!(locale,
        en: "At {level} another agent answers (`{agent}`). It does not know what was said at other levels.",
        zh: "{level} 由另一个智能体（`{agent}`）回答，它不了解在其他级别下的对话。")
}

/// What the levels bound, for the diagnosis. `agents`: those of L0 to L4, if the level picks one.
pub(crate) fn levels(locale: Locale, agents: Option<&str>) -> String {
    match agents {
        None => say!(locale,
            en: "L0 to L4 limit AstrBot's tools only; the gateway's agent is merely told the level (gateway_level_agents is off)",
            zh: "L0–L4 只限制 AstrBot 的工具；网关的智能体只会被告知级别（gateway_level_agents 未开启）"),
        Some(agents) => say!(locale,
            en: "the level picks the agent, so it limits the gateway's own tools too: {agents}",
            zh: "级别决定由哪个智能体回答，因此也限制网关自带的工具：{agents}"),
    }
}

pub(crate) fn memory_unreadable(locale: Locale, why: &str) -> String {
    say!(locale,
        en: "Cannot read the available memory ({why}); treating it as low: no heavy tasks, level at most L1.",
        zh: "无法读取可用内存（{why}），按内存不足处理：不执行重任务，级别最高为 L1。")
}

pub(crate) fn memory_estimated(locale: Locale, why: &str) -> String {
    say!(locale,
        en: "The available memory is an estimate: {why}.",
        zh: "可用内存为估算值：{why}。")
}

pub(crate) fn tool_denied(
    locale: Locale,
    name: &str,
    needs: Option<Level>,
    level: Level,
) -> String {
    match needs {
        None => say!(locale,
            en: "Rejected a tool call: `{name}` does not exist.",
            zh: "已拒绝工具调用：`{name}` 不存在。"),
        Some(needs) => say!(locale,
            en: "Rejected a tool call: `{name}` needs {needs}, the level is {level}.",
            zh: "已拒绝工具调用：`{name}` 需要 {needs}，当前级别为 {level}。"),
    }
}

/// For the model: why a call that nobody approved was not run.
pub(crate) fn not_approved(name: &str, decision: Decision) -> String {
    match decision {
        Decision::Expired => {
            format!("error: nobody approved this call of `{name}` in time; it was not run")
        }
        _ => format!(
            "error: the user declined this call of `{name}`; it was not run. Do not repeat it unless the user asks for it."
        ),
    }
}

pub(crate) fn more_calls_denied(locale: Locale, calls: usize) -> String {
    say!(locale,
        en: "Rejected {calls} more tool calls.",
        zh: "另外拒绝了 {calls} 个工具调用。")
}

pub(crate) fn rounds_exhausted(locale: Locale, rounds: u32) -> String {
    say!(locale,
        en: "The model reached the limit of {rounds} tool rounds; it must now answer without tools.",
        zh: "模型连续调用工具超过 {rounds} 轮，已要求它直接回答。")
}

pub(crate) fn no_answer_but_calls(locale: Locale, rounds: u32) -> String {
    say!(locale,
        en: "The model called tools for more than {rounds} rounds and gave no answer.",
        zh: "模型连续调用工具超过 {rounds} 轮，却没有给出回答。")
}

pub(crate) fn failed_over(locale: Locale, why: &str) -> String {
    say!(locale,
        en: "Using the backup gateway: primary unavailable ({why}).",
        zh: "改用备用网关：主网关不可用（{why}）。")
}

pub(crate) fn dialect_changed(locale: Locale) -> String {
    say!(locale,
        en: "This gateway expects the other JSON format for tools; resending the request.",
        zh: "该网关使用另一种工具 JSON 格式，已重发请求。")
}

pub(crate) fn heavy_refused(
    locale: Locale,
    reason: &Reason,
    available: Result<u64, &str>,
    limits: &Limits,
) -> String {
    let what = match reason {
        Reason::Attachment => say!(locale, en: "it has an attachment", zh: "带有附件"),
        Reason::Marked => say!(locale, en: "it is marked heavy", zh: "被标记为重任务"),
        Reason::Word(word) => {
            say!(locale, en: "its text contains \"{word}\"", zh: "文本中含有“{word}”")
        }
        Reason::Size(bytes) => {
            say!(locale, en: "its request has {bytes} bytes", zh: "请求有 {bytes} 字节")
        }
    };
    match available {
        Ok(bytes) => {
            let floor = limits.heavy_floor.max(limits.read_only_floor);
            let mut text = say!(locale,
                en: "Heavy task refused ({what}): {n} MiB available, {floor} MiB required",
                zh: "已拒绝重任务（{what}）：可用内存 {n} MiB，至少需要 {floor} MiB",
                n = mib(bytes), floor = mib(floor));
            if bytes < limits.read_only_floor {
                text += &say!(locale,
                    en: "; below {floor} MiB the level is also capped at L1",
                    zh: "；低于 {floor} MiB 时，级别最高为 L1",
                    floor = mib(limits.read_only_floor));
            }
            text + say!(locale, en: ".", zh: "。").as_str()
        }
        Err(why) => say!(locale,
            en: "Heavy task refused ({what}): cannot read the available memory ({why}).",
            zh: "已拒绝重任务（{what}）：无法读取可用内存（{why}）。"),
    }
}

pub(crate) fn queue_full(locale: Locale, patience: Patience, waiting: usize) -> String {
    match patience {
        Patience::Interactive => say!(locale,
            en: "The queue is full: one task is running and {waiting} are waiting.",
            zh: "队列已满：一个任务在运行，{waiting} 个在等待。"),
        Patience::Background => say!(locale,
            en: "The background queue is full: {waiting} tasks are waiting.",
            zh: "后台队列已满：{waiting} 个任务在等待。"),
    }
}

pub(crate) fn queue_holds_too_much(locale: Locale) -> String {
    say!(locale,
        en: "The queue is full: with this task, the waiting ones would hold more than {n} MiB.",
        zh: "队列已满：加上本任务，等待中的任务将占用超过 {n} MiB。",
        n = mib(MAX_WAITING_BYTES as u64))
}

/// `background`: it is a background task that runs.
pub(crate) fn waited_too_long(locale: Locale, ms: u64, background: bool) -> String {
    let s = seconds(ms);
    match background {
        false => say!(locale,
            en: "Timed out after {s} s waiting for the running task.",
            zh: "等待运行中的任务超时（{s} 秒）。"),
        true => say!(locale,
            en: "Timed out after {s} s waiting for the running background task, which can be cancelled.",
            zh: "等待运行中的后台任务超时（{s} 秒），可以取消该后台任务。"),
    }
}

pub(crate) fn over_turn_limit(locale: Locale, ms: u64) -> String {
    say!(locale,
        en: "exceeded the whole-turn limit of {s} s",
        zh: "超过整个任务的时限 {s} 秒", s = seconds(ms))
}

pub(crate) fn circuit_open(locale: Locale, retry_ms: u64) -> String {
    say!(locale,
        en: "The circuit breaker is open. Retry in {s} s.",
        zh: "熔断已打开，请在 {s} 秒后重试。", s = retry_ms.div_ceil(1000))
}

pub(crate) fn cancelled(locale: Locale) -> String {
    say!(locale, en: "The task was cancelled.", zh: "任务已取消。")
}

pub(crate) fn not_configured(locale: Locale) -> String {
    say!(locale,
        en: "Not configured: set gateway_primary_url and gateway_bearer_token.",
        zh: "尚未配置：请设置 gateway_primary_url 和 gateway_bearer_token。")
}

/// Sent with an attachment without text: the gateway requires a text.
pub(crate) fn see_attachment(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "See the attachment.",
        Locale::Zh => "请看附件。",
    }
}

/// `reason` is the gateway's, or empty.
pub(crate) fn answer_incomplete(locale: Locale, reason: &str) -> String {
    let why = match reason {
        "" => say!(locale, en: "the gateway gave no reason", zh: "网关没有说明原因"),
        "max_output_tokens" => say!(locale,
            en: "the model reached its output token limit ({reason})",
            zh: "模型达到了输出 token 上限（{reason}）"),
        "content_filter" => say!(locale,
            en: "the provider's content filter stopped it ({reason})",
            zh: "模型服务商的内容审核拦截了回答（{reason}）"),
        other => other.to_owned(),
    };
    say!(locale, en: "The answer was cut off: {why}.", zh: "回答被截断：{why}。")
}

pub(crate) fn answer_begun_again(locale: Locale) -> String {
    say!(locale,
        en: "The answer may be incomplete: the model provider broke off midway and was asked again.",
        zh: "回答可能不完整：模型服务中途断开，网关又重新请求了一次。")
}

pub(crate) fn answer_corrected(locale: Locale) -> String {
    say!(locale,
        en: "The final answer differs from the streamed text; the final version is the correct one.",
        zh: "最终回答与流式输出的内容不同，以最终版本为准。")
}

pub(crate) fn answer_empty(locale: Locale) -> String {
    say!(locale,
        en: "The answer has no text. Files made by the agent are not forwarded.",
        zh: "回答中没有文字。智能体生成的文件不会传回。")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_heavy_task_says_how_much_memory_there_is_and_what_follows() {
        let said = |locale, mib: u64| {
            heavy_refused(locale, &Reason::Marked, Ok(mib * MIB), &Limits::default())
        };
        assert_eq!(
            said(Locale::En, 400),
            "Heavy task refused (it is marked heavy): 400 MiB available, 512 MiB required."
        );
        assert_eq!(
            said(Locale::En, 300),
            "Heavy task refused (it is marked heavy): 300 MiB available, 512 MiB required; below 350 MiB the \
             level is also capped at L1."
        );
        assert_eq!(
            said(Locale::Zh, 300),
            "已拒绝重任务（被标记为重任务）：可用内存 300 MiB，至少需要 512 MiB；低于 350 MiB 时，级别最高为 L1。"
        );
    }
}
