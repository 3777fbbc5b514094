//! `model`: chooses the gateway's model provider, by flags or by asking on a terminal.

mod args;
mod from_astrbot;

use std::time::SystemTime;

use serde_json::json;

pub use self::args::{FromAstrBot, ModelArgs};
use super::output::out;
use super::prompt;
use super::{OK, Session};
use crate::error::ErrorKind::{ModelChoice, ModelKey, ProviderAddress};
use crate::error::{self, Result};
use crate::journal;
use crate::layout::ENV;
use crate::lock;
use crate::model::endpoint::Endpoint;
use crate::model::key::{self, NONE_NEEDED, Source};
use crate::model::services::{self, Api, CUSTOM, SERVICES, Service};
use crate::model::{self, Files, Model, Plan, errors, service_of};
use crate::read_file::Content;
use crate::secret::Token;
use crate::text::{Text, text};

/// A choice: the model, its key (`None`: the one in `.env` stays), and what to say about it.
struct Choice {
    model: Model,
    key: Option<Token>,
    notes: Vec<Text>,
}

impl Choice {
    fn plan(&self, files: &Files, keep_loopback: bool) -> Result<Plan> {
        model::plan(files, &self.model, self.key.as_ref(), keep_loopback)
    }
}

impl Session<'_> {
    pub(super) fn model(&self, args: &ModelArgs) -> Result<u8> {
        if args.list {
            return self.list_services(args.json);
        }
        if !self.root.path().is_dir() {
            return Err(error::root_missing(self.root.path().display()));
        }
        let files = Files::read(&self.root)?;
        let choice = self.choose(args, &files)?;
        let (plan, point) = match args.dry_run {
            true => (choice.plan(&files, args.keep_loopback)?, None),
            false => self.write_model(&choice, args.keep_loopback, true)?,
        };
        if args.json {
            let key = if choice.key.is_some() {
                "written"
            } else {
                "kept"
            };
            let changed = plan.changes.iter().map(|(entry, ..)| *entry);
            let notes = choice.notes.iter().chain(&plan.notes);
            let report = json!({
                "version": 1,
                "dry_run": args.dry_run,
                "service": plan.model.service,
                "provider": plan.model.provider_id(),
                "model": plan.model.model,
                "api": plan.model.api.as_str(),
                "base_url": plan.model.base_url,
                "images": plan.model.images,
                "key": key,
                "changed": changed.collect::<Vec<_>>(),
                "restore_point": point,
                "notes": notes.map(|note| note.get(self.locale)).collect::<Vec<_>>(),
            });
            return out(&format!("{report:#}\n"));
        }
        self.tell_model(&choice, &plan, args.dry_run);
        if args.dry_run {
            return out(&plan.diff());
        }
        if let Some(id) = point {
            self.say(&text!(
                en: "To undo: host-shim sidecar rollback --to {id}",
                zh: "如需撤销：host-shim sidecar rollback --to {id}"));
        }
        let (root, verb) = (self.root.path().display(), self.next_start());
        self.say(&text!(
            en: "Next: host-shim sidecar {verb} --root {root}",
            zh: "下一步：host-shim sidecar {verb} --root {root}"));
        Ok(OK)
    }

    /// For `init`: takes a provider over, or asks for one on a terminal. Whether a provider is configured.
    pub(super) fn offer_model(&self, from: &FromAstrBot, fresh: bool) -> Result<bool> {
        let files = Files::read(&self.root)?;
        let there = files.configured().is_some();
        if from.from_astrbot.is_none() && (there || !prompt::on_terminal()) {
            return Ok(there);
        }
        let args = ModelArgs {
            astrbot: from.clone(),
            ..ModelArgs::default()
        };
        let choice = match self.choose(&args, &files) {
            // Asked and not answered, or without a key yet: it can be done later.
            Err(error)
                if from.from_astrbot.is_none()
                    && matches!(error.kind(), ModelChoice | ModelKey | ProviderAddress) =>
            {
                self.say(error.what());
                return Ok(there);
            }
            choice => choice?,
        };
        let (plan, _) = self.write_model(&choice, false, !fresh)?;
        self.tell_model(&choice, &plan, false);
        Ok(true)
    }

    /// Writes the choice under the lock; returns the restore point. The files are read again: somebody may
    /// have changed them while the questions were answered.
    fn write_model(
        &self,
        choice: &Choice,
        keep_loopback: bool,
        restorable: bool,
    ) -> Result<(Plan, Option<String>)> {
        let _lock = lock::lock(&self.root)?;
        if !matches!(journal::read(&self.root), Content::Missing) {
            return Err(errors::operation_interrupted());
        }
        let plan = choice.plan(&Files::read(&self.root)?, keep_loopback)?;
        let healthy = || {
            let container = self.engine().and_then(|engine| engine.container());
            container.is_ok_and(|container| container.is_some_and(|it| it.is_healthy()))
        };
        let point = restorable.then(|| (healthy(), SystemTime::now()));
        let id = plan.apply(&self.root, self.files(), point)?;
        Ok((plan, id))
    }

    /// The command that makes the change take effect.
    fn next_start(&self) -> &'static str {
        let container = self.engine().and_then(|engine| engine.container());
        match container {
            Ok(Some(container)) if container.status == "running" => "restart",
            _ => "up",
        }
    }

    fn tell_model(&self, choice: &Choice, plan: &Plan, dry_run: bool) {
        let Model {
            model, base_url, ..
        } = &plan.model;
        self.say(&match dry_run {
            true => text!(
                en: "The gateway would use {model} at {base_url}.",
                zh: "网关将使用模型 {model}，地址 {base_url}。"),
            false => text!(
                en: "The gateway uses {model} at {base_url}.",
                zh: "网关使用模型 {model}，地址 {base_url}。"),
        });
        let root = self.root.path().display();
        self.say(&match (&choice.key, dry_run) {
            (Some(_), true) => {
                text!(en: "The key would go to {root}/{ENV}.", zh: "密钥将写入 {root}/{ENV}。")
            }
            (Some(_), false) => {
                text!(en: "The key is in {root}/{ENV}.", zh: "密钥已写入 {root}/{ENV}。")
            }
            (None, _) => {
                text!(en: "The key in {root}/{ENV} is unchanged.", zh: "{root}/{ENV} 中的密钥不变。")
            }
        });
        for note in choice.notes.iter().chain(&plan.notes) {
            self.say(note);
        }
    }

    fn list_services(&self, json: bool) -> Result<u8> {
        if json {
            let service = |service: &Service| {
                json!({ "name": service.name, "title": service.title, "base_url": service.base_url,
                    "api": service.api.as_str(), "models": service.models, "key_variable": service.key_variable })
            };
            let services: Vec<_> = SERVICES.iter().map(service).collect();
            return out(&format!(
                "{:#}\n",
                json!({ "version": 1, "services": services })
            ));
        }
        let mut table = String::new();
        for service in SERVICES {
            table.push_str(&format!(
                "{:<12} {}\n",
                service.name,
                service.title().get(self.locale)
            ));
            for line in [
                service.base_url,
                &service.models.join(", "),
                service.key_variable,
            ] {
                if !line.is_empty() {
                    table.push_str(&format!("{:<12} {line}\n", ""));
                }
            }
        }
        out(&table)
    }

    fn choose(&self, args: &ModelArgs, files: &Files) -> Result<Choice> {
        if let Some(data) = &args.astrbot.from_astrbot {
            return self.pick_in_astrbot(args, data.as_deref());
        }
        if args.service.is_none() && args.base_url.is_none() && args.model.is_none() {
            if !prompt::on_terminal() {
                return Err(errors::service_not_named());
            }
            return self.ask_for_model(args, files);
        }
        let model = by_flags(args, files)?;
        let key = match source(args, &model)? {
            Some(source) => Some(source.read()?),
            None if files.has_key_for(&model) => None,
            None => self.key_without_flag(&model)?,
        };
        Ok(Choice {
            model,
            key,
            notes: Vec::new(),
        })
    }

    /// A key that no flag names: none is needed, or it is asked for.
    fn key_without_flag(&self, model: &Model) -> Result<Option<Token>> {
        if needs_no_key(model) {
            return Ok(Some(Token::new(NONE_NEEDED)));
        }
        if !prompt::on_terminal() {
            return Err(errors::key_not_given(&model.base_url));
        }
        key::check(&prompt::secret(
            &self.key_question(model, false),
            self.locale,
        )?)
        .map(Some)
    }

    fn key_question(&self, model: &Model, keeps: bool) -> Text {
        let url = &model.base_url;
        match keeps {
            true => text!(
                en: "Key for {url} (not shown; Enter keeps the one in .env): ",
                zh: "{url} 的密钥（不显示；直接回车则保留 .env 中的密钥）："),
            false => text!(en: "Key for {url} (not shown): ", zh: "{url} 的密钥（不显示）："),
        }
    }

    fn ask_for_model(&self, args: &ModelArgs, files: &Files) -> Result<Choice> {
        let titles: Vec<Text> = SERVICES.iter().map(Service::title).collect();
        let question =
            text!(en: "Which model service should the gateway use?", zh: "网关使用哪个模型服务？");
        let service = &SERVICES[prompt::choice(&question, &titles, None, self.locale)?];
        let base_url = match service.name {
            CUSTOM => {
                let question = text!(en: "Base URL (such as https://llm.example.com/v1): ", zh: "基础 URL（例如 https://llm.example.com/v1）：");
                prompt::line(&question, self.locale)?
            }
            _ => service.base_url.to_owned(),
        };
        Endpoint::parse(&base_url, service.api)?;
        let question = match service.models {
            [] => text!(en: "Model: ", zh: "模型："),
            [first, rest @ ..] => {
                let rest = rest.join(", ");
                text!(en: "Model (Enter: {first}; others: {rest}): ", zh: "模型（直接回车：{first}；其他：{rest}）：")
            }
        };
        let name = prompt::line(&question, self.locale)?;
        let name = Some(name.as_str()).filter(|name| !name.is_empty());
        let model = Model::of(service, args.api.unwrap_or(service.api), &base_url, name)?;
        if let Some(source) = source(args, &model)? {
            return Ok(Choice {
                key: Some(source.read()?),
                model,
                notes: Vec::new(),
            });
        }
        let keeps = files.has_key_for(&model);
        let key = match prompt::secret(&self.key_question(&model, keeps), self.locale)?.trim() {
            "" if keeps => None,
            "" if needs_no_key(&model) => Some(Token::new(NONE_NEEDED)),
            key => Some(key::check(key)?),
        };
        Ok(Choice {
            model,
            key,
            notes: Vec::new(),
        })
    }
}

/// The model by flags; what they leave open stays as it is.
fn by_flags(args: &ModelArgs, files: &Files) -> Result<Model> {
    let url = args.base_url.as_deref();
    let endpoint = url.map(|url| Endpoint::parse(url, args.api.unwrap_or(Api::OpenaiCompletions)));
    let endpoint = endpoint.transpose()?;
    let now = files.configured().and_then(|now| now.ours());
    let service = match (args.service.as_deref(), &endpoint, &now) {
        (Some(name), ..) => services::service(name),
        (None, Some(endpoint), _) => Some(service_of(endpoint)),
        (None, None, Some(now)) => services::service(&now.service),
        (None, None, None) => None,
    };
    let service = service.ok_or_else(errors::service_not_named)?;
    let kept =
        now.filter(|now| args.service.is_none() && url.is_none() && now.service == service.name);
    let base_url = match (url, &kept) {
        (Some(url), _) => url,
        (None, Some(kept)) => &kept.base_url,
        (None, None) => service.base_url,
    };
    if base_url.is_empty() {
        return Err(errors::url_not_named());
    }
    let api = args
        .api
        .or(kept.as_ref().map(|kept| kept.api))
        .unwrap_or(service.api);
    Model::of(service, api, base_url, args.model.as_deref())
}

fn source(args: &ModelArgs, model: &Model) -> Result<Option<Source>> {
    let variable = match args.key_env.as_deref() {
        Some("") => {
            let known =
                services::service(&model.service).map_or("", |service| service.key_variable);
            Some(known)
                .filter(|name| !name.is_empty())
                .ok_or_else(|| errors::key_not_given(&model.base_url))?
                .to_owned()
        }
        Some(name) => name.to_owned(),
        None => return Ok(args.key_file.clone().map(Source::File)),
    };
    Ok(Some(Source::Variable(variable)))
}

/// A model server on this machine usually has no keys.
fn needs_no_key(model: &Model) -> bool {
    model
        .endpoint()
        .is_ok_and(|endpoint| endpoint.is_loopback() || endpoint.is_machine())
}
