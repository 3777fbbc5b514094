//! A provider of AstrBot's, taken over.

use std::path::Path;

use super::{Choice, ModelArgs, Session, needs_no_key, prompt, source};
use crate::error::Result;
use crate::model::astrbot::{self, AstrBot, Key, Provider};
use crate::model::key::NONE_NEEDED;
use crate::secret::Token;
use crate::text::{Text, text};

impl Session<'_> {
    /// The provider in AstrBot's data folder, or in the one that its container has.
    pub(super) fn pick_in_astrbot(&self, args: &ModelArgs, data: Option<&Path>) -> Result<Choice> {
        let container = self.known_astrbot();
        let data = self.astrbot_data(data, container.as_ref())?;
        let astrbot = astrbot::read(&data, &|name| {
            let inside = container.as_ref();
            let inside = inside.and_then(|it| it.environment.get(name).cloned());
            inside.or_else(|| std::env::var(name).ok())
        })?;
        let id = args.astrbot.provider.as_deref();
        let candidates = astrbot.candidates();
        let picked = match id {
            None if candidates.len() > 1 && prompt::on_terminal() => {
                let lines: Vec<Text> = candidates.iter().map(|one| one.line()).collect();
                let default = candidates.iter().position(|one| one.default);
                let question = text!(en: "Which of AstrBot's providers should the gateway use?", zh: "网关使用 AstrBot 的哪个服务商？");
                candidates[prompt::choice(&question, &lines, default, self.locale)?]
            }
            _ => astrbot.pick(id)?,
        };
        let usable = picked.usable()?.clone();
        let mut notes = usable.notes;
        if let Some(container) = &container {
            let endpoint = usable.model.endpoint()?;
            notes.extend(self.address_inside(container, &picked.id, &endpoint)?);
        }
        let refused: Vec<&Provider> = astrbot
            .providers
            .iter()
            .filter(|one| one.usable.is_err())
            .collect();
        if !refused.is_empty() {
            let lines = &AstrBot::lines(refused);
            notes.push(Text::new(
                format!(
                    "AstrBot's other providers that OpenClaw cannot use:\n{}",
                    lines.en
                ),
                format!("AstrBot 中 OpenClaw 无法使用的其他服务商：\n{}", lines.zh),
            ));
        }
        let key = match source(args, &usable.model)? {
            Some(source) => source.read()?,
            None if usable.key == Key::Missing && needs_no_key(&usable.model) => {
                Token::new(NONE_NEEDED)
            }
            None => picked.key()?,
        };
        Ok(Choice {
            model: usable.model,
            key: Some(key),
            notes,
        })
    }
}
