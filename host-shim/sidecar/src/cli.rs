//! The commands of `host-shim sidecar`.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand, ValueEnum};
use openclaw_plugin::fault::Locale;

use crate::change::{self, Ended, WAIT};
use crate::doctor::{self, Facts, Scope};
use crate::durable::{Checkpoint, Durable};
use crate::engine::Engine;
use crate::init::{self, Outcome};
use crate::layout::{CONFIG, DEFAULT_ROOT, Root, SERVICE};
use crate::lifecycle::{COMPOSE_LIMIT, Operator};
use crate::manifest;
use crate::plugin_settings::{self, Format};
use crate::process::Surroundings;
use crate::progress::Terminal;
use crate::restore;
use crate::secret::Token;
use crate::text::{Problem, Text, locale_of, text};

/// All went well; for `doctor`: nothing is wrong.
pub const OK: u8 = 0;
/// It failed, and what happened, why, and what to do was said; for `doctor`: something is wrong.
pub const FAILED: u8 = 1;
/// An upgrade or roll-back did not work, and what ran before runs again.
pub const WENT_BACK: u8 = 3;

/// Sets up, checks, starts, upgrades and rolls back the OpenClaw gateway beside AstrBot.
///
/// Exit status: 0 all is well; 1 it failed, or the doctor found something wrong; 2 wrong usage;
/// 3 an upgrade or roll-back did not work and what ran before runs again.
#[derive(Clone, Debug, Args)]
pub struct SidecarArgs {
    /// The sidecar's folder.
    #[arg(long, global = true, env = "OPENCLAW_SIDECAR_ROOT", default_value = DEFAULT_ROOT, value_name = "DIR")]
    pub root: PathBuf,
    /// The language of the texts; default: the environment's.
    #[arg(long, global = true, value_name = "LANG")]
    pub locale: Option<LocaleArg>,
    /// What to do.
    #[command(subcommand)]
    pub command: SidecarCommand,
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LocaleArg {
    /// English.
    En,
    /// 简体中文。
    Zh,
}

/// What `host-shim sidecar` can do.
#[derive(Clone, Debug, Subcommand)]
pub enum SidecarCommand {
    /// Make the folders and files, with a strong token; overwrites nothing.
    Init {
        /// Replace files that differ from the templates and keep the old ones beside them.
        /// The .env stays.
        #[arg(long)]
        force: bool,
    },
    /// Look at everything: files, settings, engine, container, port, token, memory, disk, clock.
    Doctor {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        /// Do what is safe: make what is missing, take rights away, put in a token where there is none.
        #[arg(long)]
        fix: bool,
        /// With --fix: only say what would be done.
        #[arg(long, requires = "fix")]
        dry_run: bool,
        /// A config of the plugin to compare with: AstrBot's JSON, or host-shim's TOML.
        #[arg(long, value_name = "FILE")]
        plugin_config: Option<PathBuf>,
        /// Print the JSON Schema of --json instead.
        #[arg(long)]
        json_schema: bool,
    },
    /// Start the gateway and wait until it is healthy.
    Up {
        /// How long to wait.
        #[command(flatten)]
        wait: Wait,
    },
    /// Stop the gateway and remove its container; all data stays.
    Down,
    /// Show the container.
    Ps,
    /// Show the gateway's log, the token masked.
    Logs {
        /// Go on showing what comes.
        #[arg(short, long)]
        follow: bool,
        /// Lines from the end.
        #[arg(long, default_value_t = 100, value_name = "N")]
        tail: u32,
    },
    /// Make the container anew, so that changes of .env and config take effect.
    Restart {
        /// How long to wait.
        #[command(flatten)]
        wait: Wait,
    },
    /// Go to another version; goes back by itself if that does not get healthy.
    Upgrade {
        /// A release, such as 2026.9.6.
        version: String,
        /// How long to wait.
        #[command(flatten)]
        wait: Wait,
        /// How many restore points to keep.
        #[command(flatten)]
        keep: Keep,
    },
    /// Go back to the last restore point that was healthy.
    Rollback {
        /// The restore point to go back to.
        #[arg(long, value_name = "ID")]
        to: Option<String>,
        /// Only list the restore points.
        #[arg(long, conflicts_with = "to")]
        list: bool,
        /// How long to wait.
        #[command(flatten)]
        wait: Wait,
        /// How many restore points to keep.
        #[command(flatten)]
        keep: Keep,
    },
    /// Print the plugin's settings for this gateway, the token in clear, ready to paste.
    PrintConfig {
        /// How.
        #[arg(long, value_enum, default_value_t = Format::Json)]
        format: Format,
        /// The agent that answers.
        #[arg(long, default_value = "main", value_name = "ID")]
        agent: String,
    },
    /// Print Kubernetes manifests: AstrBot with the gateway as a native sidecar container.
    Manifest {
        /// Write astrbot.yaml and secret.yaml (mode 600, a new token) into this folder instead.
        #[arg(long, value_name = "DIR")]
        output: Option<PathBuf>,
        /// The namespace.
        #[arg(long, default_value = "astrbot", value_name = "NAME")]
        namespace: String,
        /// The gateway's version; default: the templates'.
        #[arg(long, value_name = "VERSION")]
        gateway_version: Option<String>,
        /// AstrBot's image, with a tag.
        #[arg(long, value_name = "IMAGE")]
        astrbot_image: Option<String>,
    },
}

/// How long to wait.
#[derive(Clone, Copy, Debug, Args)]
pub struct Wait {
    /// Longest wait until the gateway is healthy, in seconds.
    #[arg(long, default_value_t = WAIT.as_secs(), value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub wait: u64,
}

/// How many restore points to keep.
#[derive(Clone, Copy, Debug, Args)]
pub struct Keep {
    /// Restore points to keep; the newest good one stays in any case.
    #[arg(long, default_value_t = restore::KEEP, value_name = "N")]
    pub keep: usize,
}

/// What a command gets from its surroundings.
pub struct Host<'a> {
    /// Programs and their environment.
    pub surroundings: Surroundings,
    /// Told of every durable step.
    pub checkpoint: Checkpoint<'a>,
}

impl std::fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

/// Runs a command in this process's surroundings; the exit status.
pub fn run(args: &SidecarArgs) -> u8 {
    let host = Host {
        surroundings: Surroundings::default(),
        checkpoint: &|_| {},
    };
    run_with(args, &host)
}

/// Runs a command; the exit status. Results go to stdout, what people need to know to stderr.
pub fn run_with(args: &SidecarArgs, host: &Host<'_>) -> u8 {
    let locale = match args.locale {
        Some(LocaleArg::En) => Locale::En,
        Some(LocaleArg::Zh) => Locale::Zh,
        None => locale_of(|name| std::env::var(name).ok()),
    };
    let session = match Root::new(&args.root) {
        Ok(root) => Session { root, locale, host },
        Err(problem) => return failed(&problem, locale),
    };
    match session.run(&args.command) {
        Ok(status) => status,
        Err(problem) => failed(&problem, locale),
    }
}

fn failed(problem: &Problem, locale: Locale) -> u8 {
    let label = match locale {
        Locale::En => "error",
        Locale::Zh => "错误",
    };
    eprintln!("{label}: {}", problem.render(locale));
    FAILED
}

/// One command under way.
struct Session<'a> {
    root: Root,
    locale: Locale,
    host: &'a Host<'a>,
}

impl Session<'_> {
    fn durable(&self) -> Durable<'_> {
        Durable::new(self.host.checkpoint)
    }

    fn run(&self, command: &SidecarCommand) -> Result<u8, Problem> {
        match command {
            SidecarCommand::Init { force } => self.init(*force),
            SidecarCommand::Doctor {
                json_schema: true, ..
            } => out(doctor::SCHEMA),
            SidecarCommand::Doctor {
                json,
                fix,
                dry_run,
                plugin_config,
                ..
            } => self.doctor(*json, *fix, *dry_run, plugin_config.as_deref()),
            SidecarCommand::Up { wait } => self.start(*wait, false),
            SidecarCommand::Restart { wait } => self.start(*wait, true),
            SidecarCommand::Down => self.down(),
            SidecarCommand::Ps => self.pass_through(&["ps"]),
            SidecarCommand::Logs { follow, tail } => {
                let tail = format!("--tail={tail}");
                let mut words = vec!["logs", &tail];
                if *follow {
                    words.push("--follow");
                }
                words.push(SERVICE);
                self.pass_through(&words)
            }
            SidecarCommand::Upgrade {
                version,
                wait,
                keep,
            } => self.changed(*wait, |operator| {
                operator.upgrade(version, SystemTime::now(), keep.keep)
            }),
            SidecarCommand::Rollback { list: true, .. } => self.list(),
            SidecarCommand::Rollback { to, wait, keep, .. } => self.changed(*wait, |operator| {
                operator.rollback(to.as_deref(), SystemTime::now(), keep.keep)
            }),
            SidecarCommand::PrintConfig { format, agent } => self.print_config(*format, agent),
            SidecarCommand::Manifest {
                output,
                namespace,
                gateway_version,
                astrbot_image,
            } => {
                let mut options = manifest::defaults();
                options.namespace.clone_from(namespace);
                if let Some(version) = gateway_version {
                    options.version.clone_from(version);
                }
                if let Some(image) = astrbot_image {
                    options.astrbot_image.clone_from(image);
                }
                self.manifest(options, output.as_deref())
            }
        }
    }

    fn say(&self, text: &Text) {
        eprintln!("{}", text.get(self.locale));
    }

    fn init(&self, force: bool) -> Result<u8, Problem> {
        let stamp = humantime::format_rfc3339_seconds(SystemTime::now())
            .to_string()
            .replace([':', '-'], "");
        let report = init::init(&self.root, force, &stamp, self.durable())?;
        for (entry, outcome) in &report.entries {
            let shown = self.root.join(entry);
            let shown = shown.display();
            match outcome {
                Outcome::Made => self.say(&text!("made      {shown}", "已建立    {shown}")),
                Outcome::Same => self.say(&text!("unchanged {shown}", "无变化    {shown}")),
                Outcome::Kept(diff) => self.say(&text!("kept      {shown}, which differs (--force replaces it and keeps a backup):\n{diff}", "已保留    {shown}，内容与模板不同（--force 会替换并保留备份）：\n{diff}")),
                Outcome::Replaced(backup) => {
                    let backup = backup.display();
                    self.say(&text!("replaced  {shown}; the old one is {backup}", "已替换    {shown}；旧文件为 {backup}"));
                }
            }
        }
        for warning in &report.warnings {
            self.say(warning);
        }
        let port = self.env()?.port().unwrap_or(18789);
        let root = self.root.path().display();
        self.say(&text!(
            "\nThe plugin's three settings (with the token in clear: host-shim sidecar print-config --root {root}):\n  gateway_primary_url   http://127.0.0.1:{port}\n  gateway_bearer_token  OPENCLAW_GATEWAY_TOKEN of {root}/.env\n  gateway_agent_id      main\n\nNext: name a model provider in {root}/{CONFIG}, then\n  host-shim sidecar up --root {root}",
            "\n插件的三项设置（显示令牌明文：host-shim sidecar print-config --root {root}）：\n  gateway_primary_url   http://127.0.0.1:{port}\n  gateway_bearer_token  {root}/.env 中的 OPENCLAW_GATEWAY_TOKEN\n  gateway_agent_id      main\n\n下一步：在 {root}/{CONFIG} 中填写模型服务，然后运行\n  host-shim sidecar up --root {root}"
        ));
        Ok(OK)
    }

    fn doctor(
        &self,
        json: bool,
        fix: bool,
        dry_run: bool,
        plugin: Option<&Path>,
    ) -> Result<u8, Problem> {
        let scope = Scope {
            root: &self.root,
            surroundings: &self.host.surroundings,
            plugin,
        };
        let mut facts = Facts::gather(&scope);
        let mut checks = doctor::diagnose(&facts);
        let mut fixed = Vec::new();
        let treatments = if fix {
            doctor::treatments(&checks)
        } else {
            Vec::new()
        };
        if !dry_run && !treatments.is_empty() {
            let _lock = self
                .root
                .path()
                .is_dir()
                .then(|| change::lock(&self.root))
                .transpose()?;
            for treatment in treatments {
                treatment.apply(&self.root, self.durable())?;
                fixed.push(treatment);
            }
            facts = Facts::gather(&scope);
            checks = doctor::diagnose(&facts);
        } else if dry_run {
            for treatment in &treatments {
                let what = treatment.describe();
                let (en, zh) = (&what.en, &what.zh);
                self.say(&text!("would {en}", "将会{zh}"));
            }
        }
        if json {
            out(&format!(
                "{:#}\n",
                doctor::json(&facts, &checks, &fixed, self.locale)
            ))?;
        } else {
            for treatment in &fixed {
                let what = treatment.describe();
                let (en, zh) = (&what.en, &what.zh);
                self.say(&text!("done: {en}", "已完成：{zh}"));
            }
            out(&doctor::render(&checks, self.locale))?;
        }
        if doctor::is_well(&checks) {
            Ok(OK)
        } else {
            Ok(FAILED)
        }
    }

    fn engine(&self) -> Result<Engine, Problem> {
        Engine::find(&self.host.surroundings, &self.root)
    }

    /// With the lock, and with what an earlier call left cut off repaired first.
    fn operate<T>(
        &self,
        wait: Wait,
        start: bool,
        work: impl FnOnce(&Operator<'_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let _lock = change::lock(&self.root)?;
        let engine = self.engine()?;
        let terminal = Terminal::new(self.locale);
        let operator = Operator {
            root: &self.root,
            engine: &engine,
            surroundings: &self.host.surroundings,
            durable: self.durable(),
            progress: &terminal,
            wait: Duration::from_secs(wait.wait),
        };
        let result = operator.recover(start).and_then(|()| work(&operator));
        terminal.end();
        result
    }

    fn start(&self, wait: Wait, recreate: bool) -> Result<u8, Problem> {
        let container = self.operate(wait, true, |operator| {
            operator.preflight()?;
            operator.start(recreate, operator.wait)
        })?;
        let image = container.image;
        let port = self.env()?.port().unwrap_or(18789);
        self.say(&text!(
            "The gateway is healthy: {image} on http://127.0.0.1:{port}; both probes succeeded.",
            "网关运行正常：{image}，地址 http://127.0.0.1:{port}；两项探测均通过。"
        ));
        Ok(OK)
    }

    fn down(&self) -> Result<u8, Problem> {
        let wait = Wait {
            wait: WAIT.as_secs(),
        };
        self.operate(wait, false, |operator| {
            operator.engine.compose_run(&["down"], COMPOSE_LIMIT)
        })?;
        self.say(&text!(
            "The gateway is stopped; its data stays.",
            "网关已停止；数据保留。"
        ));
        Ok(OK)
    }

    fn changed(
        &self,
        wait: Wait,
        work: impl FnOnce(&Operator<'_>) -> Result<Ended, Problem>,
    ) -> Result<u8, Problem> {
        match self.operate(wait, true, work)? {
            Ended::Changed { from, to } => {
                self.say(&text!("{to} is running and healthy (before: {from}). `host-shim sidecar rollback` goes back.", "{to} 已在运行且健康（之前：{from}）。`host-shim sidecar rollback` 可以回退。"));
                Ok(OK)
            }
            Ended::WentBack { from, to, why } => {
                eprintln!("{}", why.render(self.locale));
                self.say(&text!(
                    "{to} did not work; {from} is running again.",
                    "{to} 无法工作；{from} 已恢复运行。"
                ));
                Ok(WENT_BACK)
            }
        }
    }

    fn list(&self) -> Result<u8, Problem> {
        let points = restore::list(&self.root)?;
        let mut table = String::new();
        for point in &points {
            let mark = match (point.good, point.before_rollback) {
                (_, true) => text!("made by a roll-back", "由回退建立"),
                (true, _) => text!("was healthy", "当时健康"),
                (false, _) => text!("was not healthy", "当时不健康"),
            };
            table.push_str(&format!(
                "{}  {}  {}  {}\n",
                point.id,
                point.version,
                point.created,
                mark.get(self.locale)
            ));
        }
        if points.is_empty() {
            self.say(&text!(
                "There are no restore points; an upgrade makes one.",
                "没有恢复点；升级时会建立。"
            ));
        }
        out(&table)
    }

    fn print_config(&self, format: Format, agent: &str) -> Result<u8, Problem> {
        let env = self.env()?;
        let token = env.token();
        if token
            .flaw()
            .is_some_and(|flaw| flaw != crate::secret::Flaw::Weak)
        {
            return Err(Problem::new(
                text!(
                    "OPENCLAW_GATEWAY_TOKEN of .env is no usable token.",
                    ".env 的 OPENCLAW_GATEWAY_TOKEN 不是可用的令牌。"
                ),
                text!(
                    "It is missing, a placeholder, masked, or has characters that cannot be sent.",
                    "它缺失、是占位符、被遮蔽，或含有无法发送的字符。"
                ),
                text!(
                    "Run `host-shim sidecar doctor --fix`.",
                    "请运行 `host-shim sidecar doctor --fix`。"
                ),
            ));
        }
        out(&plugin_settings::print(
            env.port().unwrap_or(18789),
            &token,
            agent,
            format,
        ))
    }

    fn env(&self) -> Result<crate::dotenv::Env, Problem> {
        let path = self.root.join(crate::layout::ENV);
        let content = std::fs::read_to_string(&path)
            .map_err(|error| Problem::io(&text!("read", "读取"), &path, &error))?;
        crate::dotenv::Env::parse(&content).map_err(|line| {
            Problem::new(
                text!(
                    ".env: line {line} is no assignment.",
                    ".env：第 {line} 行不是赋值。"
                ),
                Text::default(),
                text!(
                    "Correct the line; .env.example shows the form.",
                    "请更正该行；格式见 .env.example。"
                ),
            )
        })
    }

    fn manifest(
        &self,
        mut options: manifest::Options,
        output: Option<&Path>,
    ) -> Result<u8, Problem> {
        let own = self.root.join(CONFIG);
        if let Ok(config) = std::fs::read_to_string(&own) {
            options.config = config;
        }
        let manifests = manifest::render(&options)?;
        let Some(folder) = output else {
            return out(&manifests);
        };
        let token = Token::generate().map_err(|error| {
            Problem::new(
                text!("Cannot make a token: {error}", "无法生成令牌：{error}"),
                Text::default(),
                Text::default(),
            )
        })?;
        let files = [
            ("astrbot.yaml", manifests, 0o644),
            (
                "secret.yaml",
                manifest::render_secret(&options, &token)?,
                0o600,
            ),
        ];
        if let Some((name, _, _)) = files.iter().find(|(name, _, _)| folder.join(name).exists()) {
            return Err(Problem::new(
                text!("{name} is already there.", "{name} 已存在。"),
                text!(
                    "It may hold a token that is in use.",
                    "其中可能有正在使用的令牌。"
                ),
                text!(
                    "Name another --output, or move the old files away.",
                    "请指定其他 --output，或移走旧文件。"
                ),
            ));
        }
        std::fs::create_dir_all(folder)
            .map_err(|error| Problem::io(&text!("make the folder", "建立目录"), folder, &error))?;
        for (name, content, mode) in files {
            let path = folder.join(name);
            self.durable()
                .write(&path, content.as_bytes(), mode)
                .map_err(|error| Problem::io(&text!("write", "写入"), &path, &error))?;
        }
        let shown = folder.display();
        self.say(&text!(
            "Wrote {shown}/astrbot.yaml and {shown}/secret.yaml. Apply the first one's namespace, then the secret, then all:\n  kubectl apply -f {shown}/astrbot.yaml; kubectl apply -f {shown}/secret.yaml",
            "已写入 {shown}/astrbot.yaml 与 {shown}/secret.yaml。依次应用：\n  kubectl apply -f {shown}/astrbot.yaml; kubectl apply -f {shown}/secret.yaml"
        ));
        Ok(OK)
    }

    /// Runs a Compose command whose output is for people, line by line, the token masked.
    fn pass_through(&self, words: &[&str]) -> Result<u8, Problem> {
        let engine = self.engine()?;
        let token = self
            .env()
            .map(|env| env.token())
            .unwrap_or_else(|_| Token::new(""));
        let failed = |error: &io::Error| {
            Problem::io(
                &text!("run Compose in", "运行 Compose："),
                self.root.path(),
                error,
            )
        };
        let mut child = engine
            .compose(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(&error))?;
        let errors = child.stderr.take().map(|pipe| {
            let token = token.clone();
            std::thread::spawn(move || copy_masked(pipe, &mut io::stderr(), &token))
        });
        if let Some(pipe) = child.stdout.take() {
            copy_masked(pipe, &mut io::stdout(), &token);
        }
        if let Some(errors) = errors {
            // A thread that panicked has nothing more to print.
            let _ = errors.join();
        }
        let status = child.wait().map_err(|error| failed(&error))?;
        Ok(if status.success() { OK } else { FAILED })
    }
}

/// Copies lines with the token masked, until the input or the reader of the output is gone.
fn copy_masked(from: impl io::Read, to: &mut impl Write, token: &Token) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let text = token.mask(&String::from_utf8_lossy(&line));
        if to
            .write_all(text.as_bytes())
            .and_then(|()| to.flush())
            .is_err()
        {
            return;
        }
        line.clear();
    }
}

/// Writes a result to stdout. A reader that has gone, such as `head`, is no failure.
fn out(text: &str) -> Result<u8, Problem> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Problem::io(
            &text!("write", "写入"),
            Path::new("stdout"),
            &error,
        )),
        _ => Ok(OK),
    }
}
