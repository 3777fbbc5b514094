//! Waits for a started gateway, and says meanwhile what it is doing.

use std::fs;
use std::time::{Duration, Instant};

use crate::address;
use crate::dotenv;
use crate::engine::{Container, last_lines};
use crate::error::{self, Error, ErrorKind, Result};
use crate::layout::CACHE;
use crate::lifecycle::Operator;
use crate::text::{Text, text};
use crate::versions;

/// What the gateway's port answers to the two probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    /// What a healthy gateway answers.
    Well,
    /// Something else: it is not ready, or something is wrong.
    Otherwise,
    /// Nothing, or the port is not published on this machine.
    Nothing,
}

impl Operator<'_> {
    /// Waits until the container is healthy, or until the probes succeed where Docker does not know yet.
    ///
    /// # Errors
    ///
    /// It failed, or did not become healthy in time, with the end of its log.
    pub(crate) fn wait_until_healthy(
        &self,
        wait: Duration,
        before: Option<&Container>,
    ) -> Result<Container> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(100);
        let loading = self.loading();
        loop {
            self.files.step("waiting");
            let container = self.engine.container()?.ok_or_else(error::container_gone)?;
            let elapsed = start.elapsed();
            let restarts_before = before
                .filter(|before| before.id == container.id)
                .map_or(0, |before| before.restarts);
            let doing = match judge(&container, restarts_before) {
                Verdict::Healthy => return Ok(container),
                Verdict::Failed(why) => return Err(self.with_log(why, &container)),
                // Without a health check, or before Docker makes its first one, the probes decide.
                Verdict::Unknown | Verdict::Serving => match self.answers() {
                    Answers::Well => return Ok(container),
                    Answers::Otherwise => text!(
                        en: "the gateway answers; waiting until it is ready",
                        zh: "网关已有响应，正在等待就绪"),
                    Answers::Nothing => loading.clone(),
                },
                Verdict::Starting => {
                    text!(en: "waiting for the container to start", zh: "正在等待容器启动")
                }
            };
            if elapsed >= wait {
                let seconds = wait.as_secs();
                let why = text!(
                    en: "The gateway did not become healthy within {seconds} s.",
                    zh: "网关在 {seconds} 秒内未通过健康检查。");
                return Err(self.with_log(why, &container));
            }
            self.progress.step(&doing);
            std::thread::sleep(
                pause
                    .min(wait.saturating_sub(elapsed))
                    .max(Duration::from_millis(20)),
            );
            pause = (pause * 3 / 2).min(Duration::from_secs(2));
        }
    }

    /// Whether a container is healthy; before Docker's first health check the probes decide, as in
    /// [`Self::start`].
    pub(crate) fn is_well(&self, container: &Container) -> bool {
        let serving = container.status == "running" && container.health == "starting";
        container.is_healthy() || (serving && self.answers() == Answers::Well)
    }

    fn answers(&self) -> Answers {
        let published = self
            .env()
            .is_ok_and(|env| address::of(self.root, &env).published);
        if !published {
            return Answers::Nothing;
        }
        match self.verify() {
            Ok(()) => Answers::Well,
            Err(error) if error.kind() == ErrorKind::NoAnswer => Answers::Nothing,
            Err(_) => Answers::Otherwise,
        }
    }

    /// What a gateway is doing that does not answer yet, and how long that usually takes.
    fn loading(&self) -> Text {
        let env = self.env().unwrap_or_default();
        let start = versions::of(env.get(dotenv::VERSION).unwrap_or_default()).start;
        // Its loader cache is there from the first start on.
        let cache = fs::read_dir(self.root.join(CACHE));
        let (first, later) = (start.first, start.later);
        match cache.is_ok_and(|mut entries| entries.next().is_some()) {
            true => text!(
                en: "starting the gateway (usually up to {later} s)",
                zh: "正在启动网关（通常不超过 {later} 秒）"),
            false => text!(
                en: "starting the gateway (the first start usually takes up to {first} s)",
                zh: "正在启动网关（首次启动通常不超过 {first} 秒）"),
        }
    }

    fn with_log(&self, why: Text, container: &Container) -> Error {
        let log = self.engine.log_tail(&container.id, 30).unwrap_or_default();
        let log = last_lines(&self.mask(&log), 12);
        let log = if log.trim().is_empty() { "-" } else { &log };
        error::not_healthy(&why, log)
    }
}

enum Verdict {
    Healthy,
    Starting,
    /// Running, before its first health check.
    Serving,
    /// Running, without a health check.
    Unknown,
    Failed(Text),
}

fn judge(container: &Container, restarts_before: u64) -> Verdict {
    let Container {
        status,
        health,
        exit_code,
        restarts,
        ..
    } = container;
    if container.oom_killed {
        return Verdict::Failed(
            text!(en: "The gateway was killed for lack of memory.", zh: "网关因内存不足被杀死。"),
        );
    }
    if restarts.saturating_sub(restarts_before) >= 3 {
        return Verdict::Failed(text!(
 en: "The gateway keeps exiting ({restarts} restarts, exit status {exit_code}).",
 zh: "网关反复退出（重启 {restarts} 次，退出码 {exit_code}）。"));
    }
    match (status.as_str(), health.as_str()) {
        ("running", "healthy") => Verdict::Healthy,
        ("running", "unhealthy") => {
            let answer = &container.health_output;
            Verdict::Failed(text!(
 en: "The gateway is running but its health check fails. {answer}",
 zh: "网关在运行，但健康检查失败。{answer}"))
        }
        ("running", "") => Verdict::Unknown,
        ("running", "starting") => Verdict::Serving,
        ("running" | "created" | "restarting" | "starting" | "initialized" | "configured", _) => {
            Verdict::Starting
        }
        (status, _) => Verdict::Failed(text!(
 en: "The container is {status} (exit status {exit_code}).",
 zh: "容器状态为 {status}（退出码 {exit_code}）。")),
    }
}
