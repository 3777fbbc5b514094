//! What goes wrong, for programs (the kind, and the error below) and for people: what happened, why, and
//! what to do, in both languages side by side.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use openclaw_core::locale::Locale;

use crate::layout::{COMPOSE, CONFIG, IMAGE, JOURNAL, KEPT};
use crate::text::{Argument, Text, advice, text};

/// What a fallible function of this crate gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command could not do what it should.
#[derive(Clone, Debug)]
pub struct Error(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    kind: ErrorKind,
    what: Text,
    cause: Text,
    remedy: Text,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// From what happened, why, and what to do; without an error below it.
    pub fn new(kind: ErrorKind, [what, cause, remedy]: [Text; 3]) -> Self {
        Self(Box::new(Parts {
            kind,
            what,
            cause,
            remedy,
            source: None,
        }))
    }

    pub(crate) fn caused_by(
        mut self,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The same with another text of what happened.
    pub(crate) fn map_what(mut self, change: impl Fn(&str) -> String) -> Self {
        self.0.what = self.0.what.map(change);
        self
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What happened.
    pub fn what(&self) -> &Text {
        &self.0.what
    }

    /// Why; empty where [`Self::what`] says all.
    pub fn cause(&self) -> &Text {
        &self.0.cause
    }

    /// What to do about it.
    pub fn remedy(&self) -> &Text {
        &self.0.remedy
    }

    /// The error as lines for a terminal, in one language.
    pub fn render(&self, locale: Locale) -> String {
        let what = self.what().get(locale);
        let advice = advice(self.cause(), self.remedy(), locale, "  ");
        format!("{what}\n{advice}").trim_end().to_owned()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Locale::En))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.0.source.as_deref()?)
    }
}

/// What was done with a file when it failed, in both languages.
pub(crate) type Action = (&'static str, &'static str);

pub(crate) const READ: Action = ("read", "读取");
pub(crate) const WRITE: Action = ("write", "写入");
pub(crate) const CHANGE: Action = ("change", "修改");
pub(crate) const LOCK: Action = ("lock", "锁定");
pub(crate) const USE_ROOT: Action = ("use the root folder", "使用根目录");
pub(crate) const MAKE_FOLDER: Action = ("create the folder", "创建目录");
pub(crate) const SET_MODE: Action = ("set the mode of", "设置权限，路径");
pub(crate) const READ_PLUGIN: Action = ("read the plugin's config", "读取插件配置");
pub(crate) const RUN_COMPOSE: Action = ("run Compose in", "运行 Compose，目录");
pub(crate) const WRITE_JOURNAL: Action = ("write the journal", "写入升级日志");
pub(crate) const REMOVE_JOURNAL: Action = ("remove the journal", "删除升级日志");
pub(crate) const MAKE_POINT: Action = ("create the restore point", "创建恢复点");
pub(crate) const LIST_POINTS: Action = ("list the restore points in", "列出恢复点，目录");
pub(crate) const USE_POINT: Action = ("roll back with", "使用恢复点");
pub(crate) const REMOVE_POINT: Action = ("remove the restore point", "删除恢复点");

/// Says of a failure what was being done, and with which file or folder.
pub(crate) trait At<T> {
    fn at(self, action: Action, path: &Path) -> Result<T>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, (en, zh): Action, path: &Path) -> Result<T> {
        self.map_err(|error| {
            let path = path.display();
            let what = text!(en: "Cannot {en} {path}: {error}", zh: "无法{zh} {path}：{error}");
            let remedy = match error.kind() {
                io::ErrorKind::PermissionDenied => text!(
                    en: "Run the command as the folder's owner, or with sudo.",
                    zh: "请以该目录的所有者身份运行，或使用 sudo。"),
                io::ErrorKind::StorageFull => text!(
                    en: "Free disk space (docker system prune removes unused images), then run the command again.",
                    zh: "请释放磁盘空间（docker system prune 可清理未使用的镜像），然后重试。"),
                _ => text!(
                    en: "Check the path named in the message, then run the command again.",
                    zh: "请检查消息中的路径，然后重试。"),
            };
            Error::new(ErrorKind::Io, [what, Text::default(), remedy]).caused_by(error)
        })
    }
}

/// Functions that make errors: `Kind function(arguments): what, cause, remedy;` with each text as
/// `English | Chinese`.
macro_rules! error_functions {
    ($($kind:ident $name:ident($($arg:ident),*): $($en:literal | $zh:literal),+;)*) => {
        $(pub(crate) fn $name($($arg: impl Argument),*) -> Error {
            let en = {
                $(let $arg = $arg.en();)*
                [$(format!($en)),+]
            };
            let zh = {
                $(let $arg = $arg.zh();)*
                [$(format!($zh)),+]
            };
            let mut texts = en.into_iter().zip(zh);
            let texts = [(); 3].map(|()| texts.next().unwrap_or_default());
            Error::new(ErrorKind::$kind, texts.map(|(en, zh)| Text { en, zh }))
        })*
    };
}
pub(crate) use error_functions;

/// Defines the kinds and for each a function, as [`error_functions`]:
/// `Kind function(arguments): what, cause, remedy;` with each text as `English | Chinese`.
macro_rules! errors {
    ($(
        $(#[$doc:meta])* $kind:ident $name:ident($($arg:ident),*):
        $($en:literal | $zh:literal),+;
    )*) => {
        /// What kind of error it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ErrorKind {
            /// A file or folder cannot be read or written.
            Io,
            /// The gateway cannot start with the root's files.
            NotReady,
            /// A model provider's address is not usable.
            ProviderAddress,
            /// The choice of a model is incomplete or not usable.
            ModelChoice,
            /// A model provider's key is missing or not usable.
            ModelKey,
            /// The root's files cannot take the model provider.
            ModelConfig,
            /// AstrBot's config is missing, not understood, or has nothing that can be used.
            AstrBotConfig,
            /// AstrBot's container is missing, stopped, or not AstrBot's.
            AstrBotContainer,
            /// The network that AstrBot's container and the gateway's share cannot be used or made.
            SharedNetwork,
            $($(#[$doc])* $kind,)*
        }

        error_functions! { $($kind $name($($arg),*): $($en | $zh),+;)* }
    };
}

errors! {
    /// The root folder does not exist.
    RootMissing root_missing(root):
        "{root} does not exist." | "{root} 不存在。",
        "The sidecar has not been set up, or it is in another folder." | "边车尚未初始化，或在其他目录中。",
        "Run `host-shim sidecar init`, or pass the correct --root." | "请运行 `host-shim sidecar init`，或指定正确的 --root。";
    /// Something else is where a folder belongs.
    NotAFolder not_a_folder(path):
        "{path} is not a folder." | "{path} 不是目录。",
        "The sidecar needs a folder here, and something else is in the way." | "边车需要在此处创建目录，但该位置已被占用。",
        "Move it away, or choose another --root." | "请把它移走，或选择其他 --root。";
    /// Something else is where a file belongs.
    NotAFile not_a_file(path):
        "{path} is not a file." | "{path} 不是文件。",
        "Docker creates a folder of this name if a container starts before the file exists. A pipe, socket or device cannot be used either."
            | "如果文件不存在就启动容器，Docker 会创建同名目录。管道、套接字或设备也不能使用。",
        "Remove it (rmdir for a folder), then run init again." | "请删除它（目录用 rmdir），然后重新运行 init。";
    /// Another command is changing the root.
    Locked locked():
        "Another command is changing this sidecar." | "另一个命令正在修改这个边车。",
        "It holds the lock in {KEPT}/lock." | "它持有 {KEPT}/lock 的锁。",
        "Wait until it finishes." | "请等待它结束。";
    /// The journal is damaged.
    JournalUnreadable journal_unreadable(error):
        "Cannot read the upgrade journal: {error}" | "无法读取升级日志：{error}",
        "It was edited by hand, or the disk has failed." | "它被手动修改过，或磁盘出错。",
        "Check {JOURNAL}. If it is damaged, remove it and run `host-shim sidecar rollback --list`."
            | "请检查 {JOURNAL}；如果已损坏，请删除它并运行 `host-shim sidecar rollback --list`。";
    /// The system has no random source.
    NoRandomSource no_random_source(error):
        "Cannot generate a token: {error}" | "无法生成令牌：{error}",
        "The system has no random source." | "系统没有可用的随机源。",
        "Mount /dev or use a newer system." | "请挂载 /dev，或使用更新的系统。";
    /// The token is not usable.
    UnusableToken unusable_token():
        "OPENCLAW_GATEWAY_TOKEN in .env is not a usable token." | ".env 中的 OPENCLAW_GATEWAY_TOKEN 不是可用的令牌。",
        "It is missing, a placeholder, masked, or contains characters that cannot be sent." | "它缺失、是占位符、已脱敏，或含有无法发送的字符。",
        "Run `host-shim sidecar doctor --fix`." | "请运行 `host-shim sidecar doctor --fix`。";
    /// The file is not a plugin config.
    NotPluginConfig not_plugin_config(path):
        "{path} is not a plugin config." | "{path} 不是插件配置。",
        "It is neither a JSON object nor TOML." | "它既不是 JSON 对象，也不是 TOML。",
        "Pass AstrBot's data/config/astrbot_plugin_openclaw_config.json or host-shim's TOML file."
            | "请指定 AstrBot 的 data/config/astrbot_plugin_openclaw_config.json 或 host-shim 的 TOML 文件。";

    /// The version is not a specific release.
    NotOneRelease not_one_release(version):
        "`{version}` is not a specific release." | "`{version}` 不是确定的发行版。",
        "A moving tag such as `latest` cannot be rolled back to." | "`latest` 这类会变化的标签无法回退。",
        "Choose a release, such as 2026.9.6." | "请指定一个发行版，例如 2026.9.6。";
    /// The version already runs.
    AlreadyRunning already_running(version):
        "{version} is already running and healthy." | "{version} 已在运行且状态健康。",
        "" | "",
        "Nothing to do." | "无需处理。";
    /// The config cannot be written into.
    ConfigNotWritable config_not_writable(error):
        "Cannot write into {CONFIG}: {error}." | "无法写入 {CONFIG}：{error}。",
        "host-shim rewrites the lines between its markers for each version, and cannot do that safely here." | "标记之间的内容要按版本写入，而此处无法安全地写入。",
        "Restore the markers as in a new config (`host-shim sidecar init --root` in an empty folder), or remove both markers of the pair." | "请参照新的配置（在空目录运行 `host-shim sidecar init --root`）恢复标记，或删除成对的两个标记。";
    /// The config has keys that the version refuses.
    ConfigNotForVersion config_not_for_version(version, keys):
        "{CONFIG} has keys that {version} does not know: {keys}." | "{CONFIG} 中有 {version} 不认识的键：{keys}。",
        "The gateway refuses to start with them." | "有这些键时网关会拒绝启动。",
        "Remove them; they are outside the host-shim markers." | "请删除它们；它们在 host-shim 标记之外。";
    /// There is no restore point of this name.
    NoRestorePoint no_restore_point(id):
        "There is no restore point `{id}`." | "没有恢复点 `{id}`。",
        "It was pruned or removed, or the name is misspelled." | "它已被清理、删除，或名称有误。",
        "`host-shim sidecar rollback --list` shows the available ones." | "`host-shim sidecar rollback --list` 会列出现有的恢复点。";
    /// There is no restore point that was healthy.
    NothingToGoBackTo nothing_to_go_back_to():
        "There is nothing to roll back to." | "没有可以回退的恢复点。",
        "Without --to it returns to the version before the last upgrade, and no restore point of an upgrade was healthy." | "不加 --to 时会回退到上次升级之前的版本，但没有健康的升级恢复点。",
        "Choose one from `host-shim sidecar rollback --list` with --to, or upgrade to a version you know works."
            | "请用 --to 指定 `host-shim sidecar rollback --list` 中的一个，或升级到你确定可用的版本。";
    /// The previous version was restored and is not healthy either.
    OldVersionFails old_version_fails(from, what, cause, remedy):
        "The files of {from} are restored, but it does not become healthy either: {what}" | "{from} 的文件已恢复，但它也未能通过健康检查：{what}",
        "{cause}" | "{cause}",
        "{remedy} Then run `host-shim sidecar up`." | "{remedy}然后运行 `host-shim sidecar up`。";
    /// The image in the compose file does not use the version variable.
    ImageWithoutVersion image_without_version():
        "The image in {COMPOSE} does not use ${{OPENCLAW_VERSION}}." | "{COMPOSE} 中服务的镜像没有使用 ${{OPENCLAW_VERSION}}。",
        ".env then has no effect on the version, so it cannot be upgraded or rolled back." | "这样 .env 对版本不起作用，无法升级或回退。",
        "Set image: {IMAGE}:${{OPENCLAW_VERSION}}." | "请设置 image: {IMAGE}:${{OPENCLAW_VERSION}}。";
    /// The image cannot be pulled.
    CannotPull cannot_pull(image, command, words):
        "Cannot pull {image}; nothing was changed. Output of `{command}`:\n{words}" | "无法拉取 {image}；没有做任何修改。`{command}` 的输出：\n{words}",
        "The version does not exist, the network is down, or the disk is full." | "没有这个版本、网络不通，或磁盘已满。",
        "Check the version's name and the network, then run the command again." | "请检查版本名称和网络，然后重试。";

    /// Neither Docker nor Podman is installed.
    NoEngine no_engine(remedy):
        "Neither Docker nor Podman is installed on this machine." | "本机没有安装 Docker 或 Podman。",
        "The sidecar runs in a container, but neither `docker` nor `podman` is on the search path."
            | "边车在容器中运行，而搜索路径中既没有 `docker` 也没有 `podman`。",
        "{remedy}" | "{remedy}";
    /// An engine is installed, but no Compose.
    NoCompose no_compose(engine, remedy):
        "`{engine}` is installed, but no Compose for it." | "已安装 `{engine}`，但没有对应的 Compose。",
        "None of `docker compose`, `docker-compose` and `podman-compose` can be run." | "`docker compose`、`docker-compose`、`podman-compose` 均不可用。",
        "{remedy}" | "{remedy}";
    /// The engine is installed but does not respond.
    EngineNotRunning engine_not_running(engine, error, remedy):
        "`{engine}` is installed but does not respond: {error}" | "`{engine}` 已安装但没有响应：{error}",
        "Its service is not running, or this user is not allowed to use it." | "它的服务没有运行，或当前用户无权访问。",
        "{remedy}" | "{remedy}";
    /// The engine stopped responding.
    EngineSilent engine_silent(error, remedy):
        "The container engine does not respond: {error}" | "容器引擎没有响应：{error}",
        "It hangs, is overloaded or was removed in the meantime." | "它可能卡住、过载，或已被移除。",
        "{remedy}" | "{remedy}";
    /// The engine or Compose reported an error.
    CommandFailed command_failed(command, status, words):
        "`{command}` failed ({status}):\n{words}" | "`{command}` 失败（{status}）：\n{words}",
        "The engine or Compose reported an error; see its output above." | "容器引擎或 Compose 报告了错误，输出见上。",
        "Fix what it reports; `host-shim sidecar doctor` checks the rest." | "请按其提示修复；`host-shim sidecar doctor` 可检查其余部分。";
    /// The engine's description of a container cannot be read.
    UnknownDescription unknown_description(error, id):
        "Cannot read the engine's description of the container: {error}" | "无法读取引擎对容器的描述：{error}",
        "Another program is answering in its place, or its version is unknown." | "响应的可能不是容器引擎，或其版本未知。",
        "Run `docker inspect {id}` and check the output." | "请运行 `docker inspect {id}` 并查看输出。";
    /// The Compose project belongs to another root.
    ProjectTaken project_taken(name, elsewhere):
        "The Compose project `{name}` belongs to {elsewhere}." | "Compose 项目 `{name}` 属于 {elsewhere}。",
        "Two folders with the same project take over each other's container." | "两个目录使用同一个项目时，会互相接管对方的容器。",
        "Set a different COMPOSE_PROJECT_NAME in .env." | "请在 .env 中设置不同的 COMPOSE_PROJECT_NAME。";

    /// The gateway did not become healthy.
    NotHealthy not_healthy(why, log):
        "{why} End of the container's log:\n{log}" | "{why}容器日志的末尾：\n{log}",
        "The gateway could not start with its current config, version or memory." | "网关无法以当前的配置、版本或内存启动。",
        "Fix what the log reports; `host-shim sidecar doctor` checks the rest." | "请按日志提示修复；`host-shim sidecar doctor` 可检查其余部分。";
    /// The container disappeared.
    ContainerGone container_gone():
        "The gateway's container has disappeared." | "网关的容器已不存在。",
        "It was removed in the meantime, or Compose created it under another project." | "它已被删除，或 Compose 以其他项目名创建了它。",
        "Run `docker ps -a`, then the command again." | "请运行 `docker ps -a` 查看，然后重试。";
    /// The gateway accepts requests without a token.
    NoAuthentication no_authentication(how, message):
        "The gateway answered a probe {how}: {message}" | "网关对{how}的探测返回：{message}",
        "It accepts requests without a token: its authentication is off." | "它接受不带令牌的请求：认证已关闭。",
        "Set gateway.auth.mode to \"token\"." | "请把 gateway.auth.mode 设为 \"token\"。";
    /// The gateway answered a probe with an error.
    ProbeFailed probe_failed(code, how, message, cause, remedy):
        "{code}: the gateway answered a probe {how}: {message}" | "{code}：网关对{how}的探测返回：{message}",
        "{cause}" | "{cause}",
        "{remedy}" | "{remedy}";
    /// The gateway did not answer a probe.
    NoAnswer no_answer(code, how, error, cause, remedy):
        "{code}: no response to a probe {how}: {error}" | "{code}：{how}的探测没有响应：{error}",
        "{cause}" | "{cause}",
        "{remedy}" | "{remedy}";

    /// The image has no fixed tag.
    ImageWithoutTag image_without_tag(image):
        "`{image}` has no fixed tag." | "`{image}` 没有固定的镜像标签。",
        "" | "",
        "Give AstrBot's image a tag, such as soulter/astrbot:v4.29.1." | "请指定带标签的 AstrBot 镜像，例如 soulter/astrbot:v4.29.1。";
    /// The namespace is not a DNS label.
    BadNamespace bad_namespace(namespace):
        "`{namespace}` is not a valid namespace name." | "`{namespace}` 不是合法的命名空间名称。",
        "" | "",
        "Use up to 63 characters of a-z, 0-9 and -." | "请使用不超过 63 个字符的 a-z、0-9 和 -。";
    /// The gateway's config is not JSON5.
    BadConfig bad_config(error):
        "The gateway's config is not valid JSON5: {error}" | "网关配置不是合法的 JSON5：{error}",
        "" | "",
        "Correct {CONFIG}." | "请更正 {CONFIG}。";
    /// The config contains a plain-text secret.
    SecretInClear secret_in_clear(place):
        "{CONFIG} contains a plain-text secret at {place}, which must not go into a ConfigMap." | "{CONFIG} 的 {place} 处有明文密钥，不能放进 ConfigMap。",
        "" | "",
        "Replace it with \"${{OPENCLAW_PROVIDER_API_KEY}}\" and put the secret in .env." | "请在该处改为 \"${{OPENCLAW_PROVIDER_API_KEY}}\"，并把密钥写入 .env。";
    /// The manifest cannot be written as YAML.
    NoYaml no_yaml(error):
        "Cannot write the manifest as YAML: {error}" | "无法把清单写成 YAML：{error}",
        "" | "",
        "Please report this." | "请反馈此问题。";
    /// The file to write already exists.
    OutputExists output_exists(name):
        "{name} already exists." | "{name} 已存在。",
        "It may contain a token that is in use." | "其中可能有正在使用的令牌。",
        "Choose another --output, or move the old files away." | "请指定其他 --output，或移走旧文件。";
}
