//! The commands that only write or print: `init`, `print-config`, `manifest`.

use std::path::Path;
use std::time::SystemTime;

use super::output::out;
use super::{FromAstrBot, OK, Session};
use crate::doctor;
use crate::dotenv;
use crate::error::{self, At, MAKE_FOLDER, Result, WRITE};
use crate::gateway_config;
use crate::init::{self, Outcome};
use crate::layout::{CONFIG, KEPT, PINNED_VERSION};
use crate::level_agents;
use crate::lock;
use crate::manifest;
use crate::plugin_settings::{Connection, Format};
use crate::read_file;
use crate::secret::{Flaw, Token};
use crate::text::text;
use crate::version_config;

impl Session<'_> {
    pub(super) fn init(
        &self,
        force: bool,
        port: Option<u16>,
        (container, network): (Option<&str>, Option<&str>),
        astrbot: &FromAstrBot,
    ) -> Result<u8> {
        let container = self.astrbot_for_init(container)?;
        let stamp = humantime::format_rfc3339_seconds(SystemTime::now())
            .to_string()
            .replace([':', '-'], "");
        let used = self.root.join(KEPT).is_dir();
        let report = {
            // Files must not change under an upgrade in progress. `offer_model` locks again.
            let _lock = used.then(|| lock::lock(&self.root)).transpose()?;
            let report = init::init(&self.root, force, &stamp, self.files())?;
            if let Some(port) = port {
                doctor::set_env(&self.root, dotenv::PORT, &port.to_string(), self.files())?;
            }
            report
        };
        for (entry, outcome) in &report.entries {
            let shown = self.root.join(entry);
            let shown = shown.display();
            match outcome {
                Outcome::Made => self.say(&text!(en: "created   {shown}", zh: "已创建    {shown}")),
                Outcome::Same => self.say(&text!(en: "unchanged {shown}", zh: "无变化    {shown}")),
                Outcome::Kept(None) => self.say(&text!(
 en: "kept      {shown}, which differs from the template. It cannot be parsed, so the difference is not shown in case it contains secrets (--force replaces it and keeps a backup)",
 zh: "已保留    {shown}，内容与模板不同。由于无法解析，差异中可能含有密钥，因此不予显示（--force 会替换并保留备份）")),
                Outcome::Kept(Some(diff)) => self.say(&text!(
 en: "kept      {shown}, which differs from the template (--force replaces it and keeps a backup):\n{diff}",
 zh: "已保留    {shown}，内容与模板不同（--force 会替换并保留备份）：\n{diff}")),
                Outcome::Lacks(lines) => self.say(&text!(
 en: "kept      {shown}, which lacks these lines from .env.example; add what you need:\n{lines}",
 zh: "已保留    {shown}，缺少 .env.example 中的这些行；请按需添加：\n{lines}")),
                Outcome::Replaced(backup) => {
                    let backup = backup.display();
                    self.say(&text!(
 en: "replaced  {shown}; backup: {backup}",
 zh: "已替换    {shown}；备份：{backup}"));
                }
            }
        }
        for warning in &report.warnings {
            self.say(warning);
        }
        if let Some(container) = &container {
            self.connect_astrbot(container, network)?;
        }
        self.tell_sizing();
        self.tell_settings()?;
        let root = self.root.path().display();
        let fresh = report.entries.contains(&(CONFIG, Outcome::Made));
        let has_model = self.offer_model(astrbot, fresh)?;
        self.say(&match has_model {
            true => text!(
                en: "Next: host-shim sidecar up --root {root}",
                zh: "下一步：host-shim sidecar up --root {root}"),
            false => text!(
                en: "Next: choose the model provider, then start the gateway:\n  host-shim sidecar model --root {root}\n  host-shim sidecar up --root {root}",
                zh: "下一步：选择模型服务，然后启动网关：\n  host-shim sidecar model --root {root}\n  host-shim sidecar up --root {root}"),
        });
        Ok(OK)
    }

    /// What to set in the plugin.
    pub(super) fn tell_settings(&self) -> Result<()> {
        let url = crate::address::of(&self.root, &self.env()?).plugin_url;
        let root = self.root.path().display();
        let main = level_agents::names(level_agents::MAIN);
        let levels = level_agents::has_all(&self.gateway_config(), &main);
        // Without the token, because this output ends up in logs and screenshots; `print-config` shows
        // it where it is needed.
        self.say(&text!(
 en: "\nThe plugin's four settings (to show the token: host-shim sidecar print-config --root {root}):\n  gateway_primary_url   {url}\n  gateway_bearer_token  OPENCLAW_GATEWAY_TOKEN in {root}/.env\n  gateway_agent_id      main\n  gateway_level_agents  {levels}\n",
 zh: "\n插件的四项设置（查看令牌明文：host-shim sidecar print-config --root {root}）：\n  gateway_primary_url   {url}\n  gateway_bearer_token  {root}/.env 中的 OPENCLAW_GATEWAY_TOKEN\n  gateway_agent_id      main\n  gateway_level_agents  {levels}\n"));
        Ok(())
    }

    pub(super) fn print_config(&self, format: Format, agent: &str) -> Result<u8> {
        let config = self.gateway_config();
        if format == Format::LevelAgents {
            let env = self.env().unwrap_or_default();
            let version = env.get(dotenv::VERSION).unwrap_or(PINNED_VERSION);
            let entries = version_config::agents_to_add(version, agent, &config);
            return out(&format!("{entries}\n"));
        }
        let address = crate::address::of(&self.root, &self.env()?);
        let token = address.token;
        if token.flaw().is_some_and(|flaw| flaw != Flaw::Weak) {
            return Err(error::unusable_token());
        }
        // Only the JSON is for AstrBot; host-shim runs on this machine.
        let url = match format {
            Format::Json => address.plugin_url,
            _ => format!("http://127.0.0.1:{}", address.port),
        };
        let connection = Connection {
            url: &url,
            token: &token,
            agent,
            // Switched on without them, 2026.2.9 would create them with all tools.
            level_agents: level_agents::has_all(&config, &level_agents::names(agent)),
        };
        out(&connection.print(format))
    }

    pub(super) fn gateway_config(&self) -> serde_json::Value {
        let text = read_file::read_text(&self.root.join(CONFIG)).unwrap_or_default();
        gateway_config::parse(&text).unwrap_or_default()
    }

    pub(super) fn manifest(
        &self,
        mut options: manifest::Options,
        output: Option<&Path>,
    ) -> Result<u8> {
        let own = self.root.join(CONFIG);
        if let Ok(config) = read_file::read_text(&own) {
            options.config = config;
        }
        let manifests = manifest::render(&options)?;
        let Some(folder) = output else {
            return out(&manifests);
        };
        let token = Token::generate()?;
        let files = [
            ("astrbot.yaml", manifests, 0o644),
            (
                "secret.yaml",
                manifest::render_secret(&options, &token)?,
                0o600,
            ),
        ];
        if let Some((name, _, _)) = files.iter().find(|(name, _, _)| folder.join(name).exists()) {
            return Err(error::output_exists(name));
        }
        std::fs::create_dir_all(folder).at(MAKE_FOLDER, folder)?;
        for (name, content, mode) in files {
            let path = folder.join(name);
            let written = self.files().write(&path, content.as_bytes(), mode);
            written.at(WRITE, &path)?;
        }
        let shown = folder.display();
        self.say(&text!(
 en: "Wrote {shown}/astrbot.yaml and {shown}/secret.yaml. Put the model provider's key in secret.yaml, then apply both files; the pod waits for the secret:\n  kubectl apply -f {shown}/astrbot.yaml -f {shown}/secret.yaml",
 zh: "已写入 {shown}/astrbot.yaml 与 {shown}/secret.yaml。请在 secret.yaml 中填入模型服务的密钥，再应用两个文件；Pod 会等待该密钥：\n  kubectl apply -f {shown}/astrbot.yaml -f {shown}/secret.yaml"));
        Ok(OK)
    }
}
