//! What `init`, `up` and the others say at their end: what the machine needs, and the next step.

use super::Session;
use crate::doctor::{self, Check, Facts, Id, Scope, Status};
use crate::dotenv;
use crate::error::Result;
use crate::layout::PINNED_VERSION;
use crate::text::{Text, text};
use crate::versions;

impl Session<'_> {
    fn facts_of_files(&self) -> Facts {
        Facts::of_files(&Scope {
            root: &self.root,
            surroundings: &self.host.surroundings,
            plugin: None,
            astrbot: None,
            ask: false,
        })
    }

    /// What AstrBot, the gateway and a bot client need, next to what this machine has.
    pub(super) fn tell_sizing(&self) {
        let facts = self.facts_of_files();
        let mut checks = doctor::diagnose(&facts).into_iter();
        let Some(check) = checks.find(|check| check.id == Id::Sizing) else {
            return;
        };
        let Check {
            detail,
            cause,
            remedy,
            ..
        } = check;
        let all = [detail, cause, remedy];
        let said = |of: fn(&Text) -> &str| {
            let texts = all.iter().map(of).filter(|text| !text.is_empty());
            texts.collect::<Vec<_>>()
        };
        self.say(&Text::new(
            format!("\nMemory: {}", said(|text| &text.en).join(" ")),
            format!("\n内存：{}", said(|text| &text.zh).concat()),
        ));
    }

    /// What is wrong with the model provider: such a gateway is healthy, and every turn fails.
    pub(super) fn problem_of_the_model(&self) -> Option<Check> {
        let mut facts = self.facts_of_files();
        facts.try_provider(true);
        let about = [Id::ModelProvider, Id::ProviderAddress];
        let mut checks = doctor::diagnose(&facts).into_iter();
        checks.find(|check| check.status == Status::Wrong && about.contains(&check.id))
    }

    /// What to do once the gateway runs; `again` if it has run before.
    pub(super) fn tell_next_step(&self, problem: Option<&Check>, again: bool) -> Result<()> {
        let root = self.root.path().display();
        if let Some(Check { detail, remedy, .. }) = problem {
            self.say(&Text::new(
                format!("But every turn will fail: {} {}", detail.en, remedy.en),
                format!("但任务都会失败：{}{}", detail.zh, remedy.zh),
            ));
            return Ok(());
        }
        if again {
            return Ok(());
        }
        let env = self.env()?;
        let version = env.get(dotenv::VERSION).unwrap_or(PINNED_VERSION);
        self.say(&text!(
            en: "Next: install the plugin in AstrBot, paste these settings, and ask it something in a chat.\nTo try the model first, with one short call: host-shim sidecar doctor --ask --root {root}",
            zh: "下一步：在 AstrBot 中安装插件，填入以上设置，然后在聊天中提问。\n如需先试一次模型（一次简短的调用）：host-shim sidecar doctor --ask --root {root}"));
        let seconds = versions::of(version).start.first_turn;
        if seconds > 0 {
            self.say(&text!(
                en: "The first answer after a start takes up to {seconds} s longer than later ones.",
                zh: "启动后的第一次回答最多会比之后慢 {seconds} 秒。"));
        }
        Ok(())
    }
}
