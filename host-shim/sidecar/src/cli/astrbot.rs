//! `astrbot` and the part of `init` that connects AstrBot's container.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{OK, Session, prompt};
use crate::astrbot_container::{
    self, AstrBotContainer, Kept, Mode, NetworkMode, Override, connect, errors, find, find_all,
    find_usable, lines,
};
use crate::compose_file;
use crate::dotenv;
use crate::error::{self, Result};
use crate::lock;
use crate::model::endpoint::Endpoint;
use crate::text::{Text, text};

/// Arguments of `astrbot`.
#[derive(Clone, Debug, Default, Args)]
pub struct AstrBotArgs {
    /// AstrBot's container, as `docker ps` names it.
    #[arg(long, value_name = "NAME")]
    pub container: Option<String>,
    /// The network to share; default: one of the sidecar's own.
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,
}

impl Session<'_> {
    /// The command `astrbot`.
    pub(super) fn astrbot(&self, args: &AstrBotArgs) -> Result<u8> {
        if !self.root.path().is_dir() {
            return Err(error::root_missing(self.root.path().display()));
        }
        let engine = self.engine()?;
        let astrbot = match args.container.as_deref() {
            Some(name) => find_usable(&engine, name)?,
            None => self.choose_astrbot(find_all(&engine)?)?,
        };
        self.connect_astrbot(&astrbot, args.network.as_deref())?;
        self.tell_settings()?;
        let running = engine
            .container()?
            .is_some_and(|own| own.status == "running");
        let verb = if running { "doctor" } else { "up" };
        let root = self.root.path().display();
        self.say(&text!(
            en: "Next: host-shim sidecar {verb} --root {root}",
            zh: "下一步：host-shim sidecar {verb} --root {root}"));
        Ok(OK)
    }

    /// For `init`: the container to connect, checked before anything is written; asked for on a terminal.
    pub(super) fn astrbot_for_init(&self, name: Option<&str>) -> Result<Option<AstrBotContainer>> {
        if let Some(name) = name {
            return find_usable(&self.engine()?, name).map(Some);
        }
        let known = || {
            self.env()
                .is_ok_and(|env| env.get(dotenv::ASTRBOT_CONTAINER).is_some())
        };
        if !prompt::on_terminal() || known() {
            return Ok(None);
        }
        // Without an engine nobody can be found, and `up` says what is missing.
        let found = self.engine().and_then(|engine| find_all(&engine));
        let mut found = found.unwrap_or_default();
        found.retain(|one| one.runs() && one.mode == NetworkMode::Own);
        if found.is_empty() {
            return Ok(None);
        }
        // Nothing chosen: it can be done later.
        Ok(self.choose_astrbot(found).ok())
    }

    fn choose_astrbot(&self, mut found: Vec<AstrBotContainer>) -> Result<AstrBotContainer> {
        if found.is_empty() {
            return Err(errors::not_named());
        }
        if !prompt::on_terminal() {
            return Err(errors::several(&lines(&found)));
        }
        let titles: Vec<Text> = found.iter().map(AstrBotContainer::line).collect();
        let question = text!(
            en: "AstrBot seems to run in a container. Which one should reach the gateway?",
            zh: "AstrBot 似乎在容器中运行。让哪个容器访问网关？");
        let chosen = prompt::choice(&question, &titles, None, self.locale)?;
        let chosen = found.swap_remove(chosen);
        match chosen.runs() {
            true => Ok(chosen),
            false => Err(errors::not_running(&chosen.name, &chosen.status)),
        }
    }

    /// Connects it under the lock, and says what was done.
    pub(super) fn connect_astrbot(
        &self,
        astrbot: &AstrBotContainer,
        network: Option<&str>,
    ) -> Result<()> {
        let connected = {
            let _lock = lock::lock(&self.root)?;
            connect(&self.engine()?, &self.root, self.files(), astrbot, network)?
        };
        let name = &astrbot.name;
        let network = match &connected.mode {
            Mode::Network(network) => network,
            _ => {
                self.say(&text!(
                    en: "AstrBot's container `{name}` has this machine's network: 127.0.0.1 is right for it.",
                    zh: "AstrBot 的容器 `{name}` 使用宿主机网络，可以直接使用 127.0.0.1。"));
                return Ok(());
            }
        };
        if connected.network_made {
            self.say(&text!(en: "created   network {network}", zh: "已创建    网络 {network}"));
        }
        if connected.joined {
            self.say(&text!(
                en: "connected AstrBot's container `{name}` to the network {network}; it was not restarted",
                zh: "已连接    AstrBot 的容器 `{name}` 已加入网络 {network}，没有重启"));
        }
        self.say(&match &connected.kept {
            Some(Kept::ByFile(file)) => kept_by(file),
            Some(Kept::NetworkMode(service)) => text!(
                en: "AstrBot's service `{service}` has a network_mode, beside which Compose accepts no networks, so no override file was written. So that AstrBot stays in the network when it is created anew, replace its network_mode by:\n    networks: [default, openclaw]\nand add to the file's networks:\n    openclaw: {{ external: true, name: {network} }}",
                zh: "AstrBot 的服务 `{service}` 设置了 network_mode，而 Compose 不允许它与 networks 同时存在，因此没有写入 override 文件。为使重新创建后的 AstrBot 仍在该网络中，请把 network_mode 换成：\n    networks: [default, openclaw]\n并在该文件的 networks 中加入：\n    openclaw: {{ external: true, name: {network} }}"),
            _ => text!(
                en: "`{name}` was started without Compose. When you create it anew, add --network {network} to docker run, or run: docker network connect {network} {name}",
                zh: "`{name}` 不是用 Compose 启动的。以后重新创建它时，请在 docker run 中加上 --network {network}，或运行：docker network connect {network} {name}"),
        });
        Ok(())
    }

    /// AstrBot's container of the `.env`, if the engine knows it.
    pub(super) fn known_astrbot(&self) -> Option<AstrBotContainer> {
        let env = self.env().ok()?;
        let name = env.get(dotenv::ASTRBOT_CONTAINER)?;
        find(&self.engine().ok()?, name).ok()?
    }

    /// AstrBot's data folder: as given, or what is mounted into its container.
    pub(super) fn astrbot_data(
        &self,
        given: Option<&Path>,
        container: Option<&AstrBotContainer>,
    ) -> Result<PathBuf> {
        if let Some(given) = given {
            return Ok(given.to_owned());
        }
        let container = container.ok_or_else(errors::no_container_for_data)?;
        let mounted = container.data.clone().filter(|data| data.is_dir());
        mounted.ok_or_else(|| errors::no_data(&container.name))
    }

    /// What a provider's address in AstrBot's container means for the gateway, which is in another.
    ///
    /// # Errors
    ///
    /// It is AstrBot's container itself.
    pub(super) fn address_inside(
        &self,
        container: &AstrBotContainer,
        id: &str,
        endpoint: &Endpoint,
    ) -> Result<Option<Text>> {
        if container.mode == NetworkMode::Host {
            return Ok(None);
        }
        if endpoint.is_loopback() {
            return Err(errors::loopback_of_astrbot(
                id,
                endpoint.url(),
                &container.name,
            ));
        }
        let host = endpoint.host();
        if host.contains(['.', ':']) {
            return Ok(None);
        }
        let file = compose_file::load(&self.root).unwrap_or_default();
        let network = astrbot_container::network::of_file(&file);
        Ok(network.map(|network| text!(
            en: "`{host}` is another container, which the gateway finds only in its own network: docker network connect {network} {host}",
            zh: "`{host}` 是另一个容器，网关只能在自己的网络中找到它：docker network connect {network} {host}")))
    }
}

/// What keeps AstrBot in the network when Compose makes its container anew.
fn kept_by(file: &Override) -> Text {
    let (path, folder) = (file.path.display(), file.folder.display());
    if file.options.is_empty() {
        return match file.written {
            true => text!(
                en: "created   {path}; Compose reads it by itself, unless it is called with -f, and so keeps AstrBot in the network",
                zh: "已创建    {path}；Compose 会自动读取它（用 -f 指定文件时除外），使 AstrBot 保持在该网络中"),
            false => text!(en: "unchanged {path}", zh: "无变化    {path}"),
        };
    }
    if !file.folder.is_dir() {
        return text!(
            en: "AstrBot's compose file is not on this machine (a panel may keep it). So that AstrBot stays in the network when it is created anew, add to it what {path} says.",
            zh: "AstrBot 的 compose 文件不在本机（可能由管理面板保存）。为使重新创建后的 AstrBot 仍在该网络中，请把 {path} 的内容加入其中。");
    }
    let options = file
        .options
        .iter()
        .map(|file| format!(" -f {}", file.display()));
    let options: String = options.collect();
    text!(
        en: "AstrBot's folder has an override file of yours or a compose file of another name, or cannot be written. So that AstrBot stays in the network when it is created anew, use {path} as well:\n  cd {folder} && docker compose{options} up -d",
        zh: "AstrBot 的目录中已有你的 override 文件，或 compose 文件用了别的名称，或者该目录无法写入。为使重新创建后的 AstrBot 仍在该网络中，请同时使用 {path}：\n  cd {folder} && docker compose{options} up -d")
}
