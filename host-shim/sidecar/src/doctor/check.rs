//! The result of one check, and what can be done about it.

use openclaw_core::fault::FaultCode;
use openclaw_core::locale::Locale;
use serde_json::{Value, json};

use super::fixes::Fix;
use crate::error::Error;
use crate::text::Text;

/// Lists the checks: the name in the JSON, whether the gateway is not started while it is wrong, and what
/// it is about.
macro_rules! ids {
    ($($id:ident $name:literal $blocks:ident $about:literal;)*) => {
        /// What a check is about; stable, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Id {
            $(#[doc = $about] $id,)*
        }

        impl Id {
            /// As in the JSON.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$id => $name,)*
                }
            }

            /// Whether the gateway is not started while this is wrong.
            pub fn blocks_start(self) -> bool {
                match self {
                    $(Self::$id => ids!(@ $blocks),)*
                }
            }
        }
    };
    (@ blocks) => { true };
    (@ allows) => { false };
}

ids! {
    Root "root" blocks "The root folder.";
    Files "files" blocks "What belongs into the root is there.";
    Modes "modes" allows "Who may read and write the root's files.";
    Owners "owners" allows "Whose the gateway's state is.";
    Journal "journal" allows "An upgrade or rollback that was cut off.";
    Env "env" blocks "The `.env` can be read.";
    EnvLines "env-lines" allows "Lines of the `.env` that Compose skips.";
    EnvReading "env-reading" allows "Values that the two generations of Compose read differently.";
    EnvToken "env-token" blocks "The token.";
    EnvExported "env-exported" allows "The shell's variables against the `.env`.";
    Version "version" blocks "The pinned version.";
    VersionTools "version-tools" allows "Whether the version offers AstrBot's tools to the model.";
    VersionFailures "version-failures" allows "Whether the version reports the provider's failures.";
    PluginToken "plugin-token" allows "The plugin's token.";
    PluginUrl "plugin-url" allows "The plugin's address of the gateway.";
    Config "config" blocks "The gateway's config can be read.";
    ConfigIncludes "config-includes" allows "Files that the config includes.";
    ConfigMode "config-mode" blocks "`gateway.mode`.";
    ConfigAuth "config-auth" blocks "`gateway.auth`.";
    ConfigEndpoint "config-endpoint" blocks "`POST /v1/responses` is on.";
    ModelProvider "model-provider" allows "The model provider.";
    ProviderKey "provider-key" blocks "Its key.";
    ProviderAddress "provider-address" allows "Its address, as the gateway reaches it.";
    ProviderAstrbot "provider-astrbot" allows "Its key against AstrBot's.";
    ModelAnswer "model-answer" allows "The one model call of `--ask`.";
    ConfigKeys "config-keys" blocks "Keys of the config that the version does not know.";
    ConfigVersion "config-version" allows "What the version needs in the config.";
    LevelAgents "level-agents" allows "An agent for each level, which offers no more than that.";
    PluginLevels "plugin-levels" allows "Whether the plugin and the gateway agree on the level agents.";
    ComposeFile "compose-file" blocks "The compose file can be read.";
    ComposeParts "compose-parts" allows "Parts of the compose file that are not understood here.";
    Bind "bind" blocks "Where the gateway listens.";
    Publish "publish" allows "Where its port is published.";
    Selinux "selinux" allows "Labels of the mounts.";
    Privileges "privileges" allows "What the commands of an agent may do in the container.";
    StopGrace "stop-grace" allows "The time that the gateway gets to stop.";
    Engine "engine" allows "Docker or Podman with a Compose.";
    Container "container" allows "The container's state and health.";
    ContainerMemoryKill "container-memory-kill" allows "Kills for memory.";
    ContainerMemoryLimit "container-memory-limit" allows "The container's memory limit.";
    ContainerRestarts "container-restarts" allows "How often the engine has restarted it.";
    ContainerVersion "container-version" allows "The version that runs.";
    Port "port" allows "Who listens on the port.";
    ProbeWithoutToken "probe-without-token" allows "The answer to a request without the token.";
    ProbeWithToken "probe-with-token" allows "The answer to a request with the token.";
    AstrbotContainer "astrbot-container" allows "AstrBot's container.";
    AstrbotNetwork "astrbot-network" allows "The network that it shares with the gateway.";
    AstrbotReach "astrbot-reach" allows "Whether the gateway is reached from inside it, by name and port.";
    AstrbotUrl "astrbot-url" allows "The plugin's address of the gateway, as it is in there.";
    AstrbotToken "astrbot-token" allows "Whether the gateway accepts the plugin's token.";
    Memory "memory" allows "Available memory.";
    Sizing "sizing" allows "What AstrBot, the gateway and a bot client need together.";
    Disk "disk" allows "Free disk space.";
    Clock "clock" allows "The clock.";
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It is well.
    Ok,
    /// It works, but there is something to know.
    Note,
    /// It could not be checked, because of another problem or on this system.
    Skipped,
    /// It is not well.
    Wrong,
}

impl Status {
    /// As in the JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Skipped => "skipped",
            Self::Wrong => "wrong",
        }
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub id: Id,
    /// The outcome.
    pub status: Status,
    /// The plugin's fault code that turns end with meanwhile; only if it is wrong.
    pub code: Option<FaultCode>,
    /// Identifies what is wrong or noted; stable, for programs.
    pub problem: Option<&'static str>,
    /// Whether the gateway is not started while this is so.
    pub blocks_start: bool,
    /// What was seen.
    pub detail: Text,
    /// Why this happens; empty if it is well.
    pub cause: Text,
    /// What to do about it; empty if it is well.
    pub remedy: Text,
    /// What `--fix` would do; empty where no fix is safe.
    pub fixes: Vec<Fix>,
}

/// Detail, cause and remedy in one language; the last two may be missing.
type Texts<const N: usize> = [String; N];

impl Check {
    fn new<const N: usize>(id: Id, status: Status, en: Texts<N>, zh: Texts<N>) -> Self {
        let mut texts = en.into_iter().zip(zh).map(|(en, zh)| Text { en, zh });
        let mut next = || texts.next().unwrap_or_default();
        Self {
            id,
            status,
            code: None,
            problem: None,
            blocks_start: false,
            detail: next(),
            cause: next(),
            remedy: next(),
            fixes: Vec::new(),
        }
    }

    pub(super) fn ok(id: Id, _: &'static str, en: Texts<1>, zh: Texts<1>) -> Self {
        Self::new(id, Status::Ok, en, zh)
    }

    pub(super) fn skipped(id: Id, _: &'static str, en: Texts<1>, zh: Texts<1>) -> Self {
        Self::new(id, Status::Skipped, en, zh)
    }

    pub(super) fn note(id: Id, problem: &'static str, en: Texts<3>, zh: Texts<3>) -> Self {
        Self {
            problem: Some(problem),
            ..Self::new(id, Status::Note, en, zh)
        }
    }

    /// Without its own cause and remedy it has the plugin's for the code.
    pub(super) fn wrong<const N: usize>(
        id: Id,
        code: FaultCode,
        problem: &'static str,
        en: Texts<N>,
        zh: Texts<N>,
    ) -> Self {
        let check = Self {
            code: Some(code),
            problem: Some(problem),
            blocks_start: id.blocks_start(),
            ..Self::new(id, Status::Wrong, en, zh)
        };
        match N {
            1 => check.because(
                Text::of(|locale| code.cause(locale)),
                Text::of(|locale| code.remedy(locale)),
            ),
            _ => check,
        }
    }

    /// Wrong, but the gateway starts anyway.
    pub(super) fn tolerated(
        id: Id,
        code: FaultCode,
        problem: &'static str,
        en: Texts<3>,
        zh: Texts<3>,
    ) -> Self {
        Self {
            blocks_start: false,
            ..Self::wrong(id, code, problem, en, zh)
        }
    }

    /// Wrong, with the texts of an error.
    pub(super) fn failed(id: Id, code: FaultCode, problem: &'static str, error: &Error) -> Self {
        Self {
            detail: error.what().clone(),
            ..Self::wrong(id, code, problem, [String::new()], [String::new()])
        }
        .because(error.cause().clone(), error.remedy().clone())
    }

    /// With another cause and remedy.
    pub(super) fn because(mut self, cause: Text, remedy: Text) -> Self {
        self.cause = cause;
        self.remedy = remedy;
        self
    }

    /// With what `--fix` may do.
    pub(super) fn fixed_by(mut self, fixes: impl IntoIterator<Item = Fix>) -> Self {
        self.fixes.extend(fixes);
        self
    }

    /// As one object of the documented JSON.
    pub fn json(&self, locale: Locale) -> Value {
        let fixes = self.fixes.iter();
        json!({
            "name": self.id.as_str(),
            "ok": self.status != Status::Wrong,
            "status": self.status.as_str(),
            "code": self.code.map(FaultCode::as_str),
            "problem": self.problem,
            "detail": self.detail.get(locale),
            "cause": self.cause.get(locale),
            "remedy": self.remedy.get(locale),
            "treatments": fixes.map(|fix| fix.describe().get(locale).to_owned()).collect::<Vec<_>>(),
        })
    }
}
