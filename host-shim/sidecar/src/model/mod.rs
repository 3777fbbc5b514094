//! The gateway's model provider: chosen from a table or taken over from AstrBot, and written into the
//! root's files. The key goes only to `.env`; the other files change only between markers.

pub mod astrbot;
mod compose;
mod config;
pub mod endpoint;
pub(crate) mod errors;
pub mod key;
pub mod proof;
pub mod services;

use std::time::SystemTime;

use serde_json::{Value, json};

use self::endpoint::Endpoint;
use self::services::{Api, CUSTOM, SERVICES, Service};
use crate::astrbot_container::network;
use crate::atomic_file::AtomicFiles;
use crate::compose_file;
use crate::dotenv::{self, Env, PROVIDER_KEY};
use crate::error::{At, READ, Result, WRITE};
use crate::gateway_config::{self, GatewayConfig};
use crate::layout::{COMPOSE, CONFIG, ENV, Root};
use crate::read_file;
use crate::restore::{self, Before};
use crate::secret::{self, Token};
use crate::text::{Text, text};

/// A provider and the model that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The service's name, as in [`services::SERVICES`].
    pub service: String,
    /// The checked base URL.
    pub base_url: String,
    /// How it is asked.
    pub api: Api,
    /// The model's name at the service.
    pub model: String,
    /// Whether it takes images.
    pub images: bool,
    /// Its context size in tokens; 0 for the gateway's default.
    pub context: u32,
}

impl Model {
    /// A service's model; without a name the suggested one.
    ///
    /// # Errors
    ///
    /// The URL or the name is not usable.
    pub fn of(service: &Service, api: Api, base_url: &str, model: Option<&str>) -> Result<Self> {
        let endpoint = Endpoint::parse(base_url, api)?;
        let suggested = service.models.first().copied();
        let model = model.or(suggested).unwrap_or_default().trim();
        let bad = |c: char| c.is_whitespace() || c.is_control();
        if model.is_empty() || model.len() > 200 || model.contains(bad) || model.contains("${") {
            return Err(match model {
                "" => errors::model_not_named(service.name),
                model => errors::bad_model(model),
            });
        }
        Ok(Self {
            service: service.name.to_owned(),
            base_url: endpoint.url(),
            api,
            model: model.to_owned(),
            images: services::takes_images(model),
            context: service.context,
        })
    }

    /// The provider's name in the gateway's config.
    pub fn provider_id(&self) -> &'static str {
        let service = services::service(&self.service);
        service.map_or("sidecar_custom", |service| service.provider)
    }

    /// Provider and model as the gateway's config refers to them.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.provider_id(), self.model)
    }

    /// The base URL in parts.
    ///
    /// # Errors
    ///
    /// It is not one; not after [`Self::of`].
    pub fn endpoint(&self) -> Result<Endpoint> {
        Endpoint::parse(&self.base_url, self.api)
    }
}

/// The provider that a config names, whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configured {
    /// The provider's name.
    pub provider: String,
    /// The model's name at the provider.
    pub model: String,
    /// The base URL; `None` for one of OpenClaw's own providers, of which only the gateway knows it.
    pub base_url: Option<String>,
    /// The API as written; empty if it is not.
    pub api: String,
    /// The key, as far as it is known here; it may be a reference such as `${NAME}`.
    pub key: Option<String>,
    /// Whether the model's entry lists images.
    images: bool,
    /// Its context size; 0 if it is not written.
    context: u32,
}

impl Configured {
    /// What this config names as the model that answers; `None` if it names none.
    pub fn of(config: &GatewayConfig) -> Option<Self> {
        let place = "/agents/defaults/model";
        let reference = config
            .text(place)
            .or_else(|| config.text("/agents/defaults/model/primary"));
        let (provider, model) = reference?.split_once('/')?;
        let provider_at = |key: &str| {
            let provider = config.get("/models/providers")?.get(provider)?;
            provider.get(key)
        };
        let words = |key: &str| Some(provider_at(key)?.as_str()?.to_owned());
        let entries = provider_at("models").and_then(Value::as_array);
        let mut entries = entries.into_iter().flatten();
        let entry = entries
            .find(|entry| entry["id"] == model)
            .cloned()
            .unwrap_or_default();
        let input = entry["input"].as_array();
        Some(Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
            base_url: words("baseUrl"),
            api: words("api").unwrap_or_default(),
            key: words("apiKey"),
            images: input.is_some_and(|input| input.contains(&json!("image"))),
            context: entry["contextWindow"]
                .as_u64()
                .unwrap_or_default()
                .try_into()
                .unwrap_or_default(),
        })
    }

    /// The base URL in parts, if it is written and is one.
    pub fn endpoint(&self) -> Option<Endpoint> {
        let api = Api::parse(&self.api).unwrap_or(Api::OpenaiCompletions);
        Endpoint::parse(self.base_url.as_ref()?, api).ok()
    }

    /// The same as this module would write it; `None` if somebody else has written it.
    pub fn ours(&self) -> Option<Model> {
        Some(Model {
            service: SERVICES
                .iter()
                .find(|one| one.provider == self.provider)?
                .name
                .to_owned(),
            base_url: self.base_url.clone()?,
            api: Api::parse(&self.api)?,
            model: self.model.clone(),
            images: self.images,
            context: self.context,
        })
    }
}

/// The root's files as far as a change of the provider needs them.
#[derive(Debug)]
pub struct Files {
    env_text: String,
    env: Env,
    config_text: String,
    config: Option<GatewayConfig>,
    compose_text: String,
    service: Option<compose_file::Service>,
}

impl Files {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// One is missing or cannot be read.
    pub fn read(root: &Root) -> Result<Self> {
        let read = |entry| {
            let path = root.join(entry);
            read_file::read_text(&path).at(READ, &path)
        };
        let (env_text, config_text, compose_text) = (read(ENV)?, read(CONFIG)?, read(COMPOSE)?);
        let env = dotenv::load(root, Default::default())?;
        let file = compose_file::load(root);
        let service = file
            .as_ref()
            .and_then(|file| compose_file::service(file, compose_file::gateway(file)?, root, &env));
        let config = gateway_config::read(&config_text, root, &env, service.as_ref()).ok();
        Ok(Self {
            env_text,
            env,
            config_text,
            config,
            compose_text,
            service,
        })
    }

    /// The provider that the config names now.
    pub fn configured(&self) -> Option<Configured> {
        Configured::of(self.config.as_ref()?)
    }

    /// Whether the key in `.env` is for this provider, so that it can stay.
    pub fn has_key_for(&self, model: &Model) -> bool {
        let key = self
            .env
            .get(PROVIDER_KEY)
            .filter(|key| key::check(key).is_ok());
        let now = self.configured().and_then(|now| now.endpoint());
        let wanted = model.endpoint().ok();
        key.is_some()
            && now
                .zip(wanted)
                .is_some_and(|(now, wanted)| now.same_origin(&wanted))
    }
}

/// What a change does, before it is done.
#[derive(Debug)]
pub struct Plan {
    /// The provider as it is written: with this machine's name inside the container, if it runs here.
    pub model: Model,
    /// The files that change: entry, mode, old and new text.
    pub changes: Vec<(&'static str, u32, String, String)>,
    /// What the user has to know.
    pub notes: Vec<Text>,
}

/// Plans the change of the root's provider. Without a key, the one in `.env` stays. A loopback address
/// becomes this machine's name inside the container, unless it is to stay.
///
/// # Errors
///
/// A file cannot be changed as needed; nothing has been written.
pub fn plan(
    files: &Files,
    model: &Model,
    key: Option<&Token>,
    keep_loopback: bool,
) -> Result<Plan> {
    let mut model = model.clone();
    let mut notes = Vec::new();
    let mut compose = files.compose_text.clone();
    let endpoint = model.endpoint()?;
    let shared = compose::shares_the_network(files.service.as_ref());
    if (endpoint.is_loopback() && !keep_loopback && !shared) || endpoint.is_machine() {
        compose = compose::with_machine(&compose)?;
        let (inside, port) = (endpoint.from_inside(), endpoint.port());
        if endpoint.is_loopback() {
            let (from, to) = (endpoint.url(), inside.url());
            notes.push(text!(
                en: "{from} became {to}: in the container, a loopback address is the container itself. The compose file now maps that name to this machine.",
                zh: "{from} 已改为 {to}：在容器中，回环地址指容器自身。compose 文件已把该名称指向本机。"));
        }
        notes.push(text!(
            en: "The model server must accept connections from containers on port {port}: have it listen on 0.0.0.0 or the Docker bridge (Ollama: OLLAMA_HOST=0.0.0.0), and keep the port closed to the internet.",
            zh: "模型服务必须在端口 {port} 上接受来自容器的连接：请让它监听 0.0.0.0 或 Docker 网桥地址（Ollama：OLLAMA_HOST=0.0.0.0），并确保该端口不对公网开放。"));
        model.base_url = inside.url();
    }
    if endpoint.is_service_name() {
        let host = endpoint.host();
        notes.push(text!(
            en: "`{host}` has no dot, so it is probably another container's name. The gateway reaches it only over a network that both containers are in.",
            zh: "`{host}` 中没有点，很可能是另一个容器的名称。只有两个容器处于同一网络时，网关才能访问它。"));
    }
    if let Some(service) = &files.service
        && !service.environment.contains_key(PROVIDER_KEY)
    {
        return Err(errors::key_not_passed_on());
    }
    let config = config::with_model(&files.config_text, &model)?;
    let env = match key {
        Some(key) => key::in_env(&files.env_text, key)?,
        None => files.env_text.clone(),
    };
    // The config comes last: until then the gateway's provider is the old one.
    let changes = [
        (ENV, 0o600, &files.env_text, env),
        (COMPOSE, 0o644, &files.compose_text, compose),
        (CONFIG, 0o644, &files.config_text, config),
    ];
    let changes = changes.into_iter().filter(|(_, _, old, new)| *old != new);
    Ok(Plan {
        model,
        changes: changes
            .map(|(entry, mode, old, new)| (entry, mode, old.clone(), new))
            .collect(),
        notes,
    })
}

impl Plan {
    /// Writes the files, after a restore point of the old ones if `point`: whether the gateway was healthy,
    /// and the time. Returns the restore point's id.
    ///
    /// # Errors
    ///
    /// A file cannot be written; those before it are, and the restore point has the old ones.
    pub fn apply(
        &self,
        root: &Root,
        files: AtomicFiles<'_>,
        point: Option<(bool, SystemTime)>,
    ) -> Result<Option<String>> {
        let mut id = None;
        if let Some((healthy, now)) = point.filter(|_| !self.changes.is_empty()) {
            let env = dotenv::load(root, Default::default())?;
            let version = env.get(dotenv::VERSION).unwrap_or("unknown");
            let point = restore::plan(root, version, healthy, Before::Settings, now);
            restore::create(root, &point, files)?;
            restore::prune(root, restore::KEEP, files)?;
            id = Some(point.id);
        }
        for (entry, mode, _, new) in &self.changes {
            let path = root.join(entry);
            files.write(&path, new.as_bytes(), *mode).at(WRITE, &path)?;
        }
        Ok(id)
    }

    /// The changes of the config and the compose file as a unified diff, with secrets masked; the `.env` is
    /// one.
    pub fn diff(&self) -> String {
        let shown = self.changes.iter().filter(|(entry, ..)| *entry != ENV);
        let diff = |(entry, _, old, new): &(&str, u32, String, String)| {
            let shown = similar::TextDiff::from_lines(old, new)
                .unified_diff()
                .context_radius(2)
                .header(entry, entry)
                .to_string();
            let value = match *entry {
                CONFIG => gateway_config::parse(old).unwrap_or_default(),
                _ => compose_file::parse(old).unwrap_or_default(),
            };
            let secrets = secret::in_clear(&value).into_iter();
            secrets.fold(shown, |shown, (_, secret)| shown.replace(secret, "***"))
        };
        shown.map(diff).collect()
    }
}

/// A template with what commands have written into an existing file of this name (the provider, the network
/// shared with AstrBot), so that the two can be compared, and replacing the file keeps both.
pub fn keep_provider(entry: &str, existing: &str, template: String, root: &Root) -> String {
    let kept = match entry {
        CONFIG => {
            let env = dotenv::load(root, Default::default()).unwrap_or_default();
            let config = gateway_config::read(existing, root, &env, None).ok();
            let ours = config.and_then(|config| Configured::of(&config)?.ours());
            ours.and_then(|model| config::with_model(&template, &model).ok())
        }
        COMPOSE => {
            let machine = compose::is_written(existing).then(|| compose::with_machine(&template));
            let with = machine.and_then(Result::ok);
            let template = with.as_deref().unwrap_or(&template);
            network::kept_in(existing, template).or(with.clone())
        }
        _ => None,
    };
    kept.unwrap_or(template)
}

/// The service for an address: a well-known one, or the entry for any other.
pub fn service_of(endpoint: &Endpoint) -> &'static Service {
    let custom = || services::service(CUSTOM).unwrap_or(&SERVICES[0]);
    services::of_host(endpoint.host()).unwrap_or_else(custom)
}
