//! The `.env`: readable, a good token, one version.

use std::collections::BTreeSet;

use openclaw_core::fault::FaultCode;
use serde_json::Value;

use crate::doctor::check::Check;
use crate::doctor::facts::{Content, Facts};
use crate::doctor::fixes::Fix;
use crate::dotenv::{self, Env, is_pinned_version, release};
use crate::interpolate;
use crate::layout::{IMAGE, PINNED_VERSION};
use crate::secret::Flaw;
use crate::text::text;

/// The `.env` can be read, as Compose reads it, and its port is one.
pub fn env_file(facts: &Facts) -> Vec<Check> {
    let mut checks = vec![match &facts.env {
        Content::Missing => Check::skipped("env", text!("there is no .env", "没有 .env")),
        Content::Unreadable(error) => Check::unreadable("env", ".env", error),
        Content::Bad(error) => Check::wrong(
            "env",
            FaultCode::ConfigInvalid,
            "env_unreadable",
            text!(".env: {error}", ".env：{error}"),
        )
        .because(
            text!(
                "Each line must be KEY=VALUE, a comment or empty, and quotes must be closed; Compose refuses the whole file otherwise.",
                "每行必须是 KEY=VALUE、注释或空行，引号必须成对；否则 Compose 会拒绝整个文件。"
            ),
            text!(
                "Correct the line; .env.example shows the form.",
                "请更正该行；格式见 .env.example。"
            ),
        ),
        Content::Good(env) => match env.port() {
            Ok(port) => Check::ok("env", text!("readable; port {port}", "可读；端口 {port}")),
            Err(value) => Check::wrong(
                "env",
                FaultCode::ConfigInvalid,
                "port_invalid",
                text!(
                    "OPENCLAW_HOST_PORT is `{value}`.",
                    "OPENCLAW_HOST_PORT 的值是 `{value}`。"
                ),
            )
            .because(
                text!(
                    "A port is a number from 1 to 65535.",
                    "端口必须是 1 到 65535 的数字。"
                ),
                text!(
                    "Set OPENCLAW_HOST_PORT=18789 in .env.",
                    "请在 .env 中设置 OPENCLAW_HOST_PORT=18789。"
                ),
            ),
        },
    }];
    if let Some(env) = facts.env.good() {
        checks.extend(skipped_lines(env));
        checks.extend(read_differently(env, facts));
    }
    checks
}

fn skipped_lines(env: &Env) -> Option<Check> {
    let lines: Vec<String> = env.skipped().iter().map(usize::to_string).collect();
    if lines.is_empty() {
        return None;
    }
    let (lines, reader) = (lines.join(", "), env.dialect().name());
    Some(Check::note(
        "env-lines",
        "env_line_skipped",
        text!(
            "{reader} skips these lines of .env: {lines}.",
            "{reader} 会跳过 .env 的这些行：{lines}。"
        ),
        text!(
            "They are not KEY=VALUE, or a quote is not closed. Newer Compose refuses the whole file.",
            "它们不是 KEY=VALUE，或引号没有成对。较新的 Compose 会拒绝整个文件。"
        ),
        text!(
            "Correct or remove the lines; .env.example shows the form.",
            "请更正或删除这些行；格式见 .env.example。"
        ),
    ))
}

/// Variables that matter here and that the two generations of Compose read differently.
fn read_differently(env: &Env, facts: &Facts) -> Option<Check> {
    let mut used = BTreeSet::from([dotenv::PROJECT]);
    used.extend(crate::templates::compose_variables());
    if let Some(compose) = facts.compose.good() {
        collect_names(compose, &mut used);
    }
    let names: Vec<&str> = env
        .read_differently()
        .iter()
        .map(String::as_str)
        .filter(|name| used.contains(name))
        .collect();
    if names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    let (here, other) = (env.dialect().name(), env.dialect().other().name());
    Some(Check::note(
        "env-reading",
        "env_read_differently",
        text!(
            "{here} and {other} read another value for: {names}.",
            "{here} 与 {other} 读到的值不同：{names}。"
        ),
        text!(
            "They treat quotes, $ and # in .env differently; what is checked here is {here}'s reading.",
            "二者对 .env 中引号、$ 和 # 的处理不同；此处按 {here} 的读法检查。"
        ),
        text!(
            "Write the plain value, without quotes, $ and #, if you use both.",
            "如果两者都会用到，请直接写值，不要使用引号、$ 和 #。"
        ),
    ))
}

fn collect_names<'a>(value: &'a Value, names: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => names.extend(interpolate::names(text)),
        Value::Array(items) => items.iter().for_each(|item| collect_names(item, names)),
        Value::Object(fields) => fields
            .values()
            .for_each(|value| collect_names(value, names)),
        _ => {}
    }
}

/// The token is a good one.
pub fn token(facts: &Facts) -> Vec<Check> {
    let Some(env) = facts.env.good() else {
        return vec![Check::skipped(
            "env-token",
            text!("there is no readable .env", "没有可读的 .env"),
        )];
    };
    let wrong = |problem, detail, cause| {
        Check::wrong("env-token", FaultCode::AuthFailed, problem, detail).because(
            cause,
            text!(
                "Set OPENCLAW_GATEWAY_TOKEN in .env to 32 or more random characters (openssl rand -hex 32), set the plugin's gateway_bearer_token to the same, and restart the gateway.",
                "请在 .env 中把 OPENCLAW_GATEWAY_TOKEN 设为至少 32 个随机字符（openssl rand -hex 32），插件的 gateway_bearer_token 设为相同的值，并重启网关。"
            ),
        )
    };
    // A new token is safe only where no gateway can be running with the present one.
    let new = || match facts.listener {
        None => vec![Fix::NewToken],
        Some(_) => Vec::new(),
    };
    vec![match env.token().flaw() {
        None => Check::ok("env-token", text!("there, and strong", "已设置且强度足够")),
        Some(Flaw::Missing) => wrong(
            "token_missing",
            text!(
                "OPENCLAW_GATEWAY_TOKEN is not set in .env.",
                ".env 中没有设置 OPENCLAW_GATEWAY_TOKEN。"
            ),
            text!(
                "Without a token the gateway does not start.",
                "没有令牌，网关无法启动。"
            ),
        )
        .fixed_by(new()),
        Some(Flaw::Placeholder) => wrong(
            "token_placeholder",
            text!(
                "OPENCLAW_GATEWAY_TOKEN is still the example's placeholder.",
                "OPENCLAW_GATEWAY_TOKEN 还是示例中的占位符。"
            ),
            text!("Everybody knows the placeholder.", "占位符人人皆知。"),
        )
        .fixed_by(new()),
        Some(Flaw::Redacted) => wrong(
            "token_redacted",
            text!(
                "OPENCLAW_GATEWAY_TOKEN is a masked value, not a token.",
                "OPENCLAW_GATEWAY_TOKEN 是被遮蔽的值，不是令牌。"
            ),
            text!(
                "It was copied from an output in which the gateway's tools hide secrets.",
                "它是从隐藏机密的输出中复制来的。"
            ),
        )
        .fixed_by(new()),
        Some(Flaw::NotPrintable) => wrong(
            "token_not_printable",
            text!(
                "OPENCLAW_GATEWAY_TOKEN has blanks or characters outside ASCII.",
                "OPENCLAW_GATEWAY_TOKEN 含有空白或非 ASCII 字符。"
            ),
            text!(
                "Such a token cannot travel in an HTTP header.",
                "这样的令牌无法放进 HTTP 头。"
            ),
        ),
        Some(Flaw::TooLong) => wrong(
            "token_too_long",
            text!(
                "OPENCLAW_GATEWAY_TOKEN is over 4096 characters long; that is no token.",
                "OPENCLAW_GATEWAY_TOKEN 超过 4096 个字符，不是令牌。"
            ),
            text!("Something else was put in its place.", "填入了别的内容。"),
        ),
        Some(Flaw::Weak) => wrong(
            "token_weak",
            text!(
                "OPENCLAW_GATEWAY_TOKEN is weak: under 24 characters, or too few different ones.",
                "OPENCLAW_GATEWAY_TOKEN 太弱：不足 24 个字符，或字符种类太少。"
            ),
            text!("It can be guessed by trying.", "它可能被猜中。"),
        ),
    }]
}

/// Nothing in the shell hides the `.env` from plain Compose.
pub fn exported(facts: &Facts) -> Vec<Check> {
    let hidden: Vec<&str> = facts
        .exported
        .iter()
        .filter(|(key, value)| {
            let own = facts
                .env
                .good()
                .and_then(|env| env.get(key))
                .unwrap_or_default();
            value.expose() != own
        })
        .map(|(key, _)| key.as_str())
        .collect();
    if hidden.is_empty() {
        return vec![Check::ok(
            "env-exported",
            text!(
                "the shell hides nothing of it",
                "Shell 环境没有遮盖其中的值"
            ),
        )];
    }
    let names = hidden.join(", ");
    vec![Check::note(
        "env-exported",
        "env_shadowed",
        text!(
            "Exported in this shell with another value than in .env: {names}.",
            "当前 Shell 导出的值与 .env 不同：{names}。"
        ),
        text!(
            "A plain `docker compose` prefers the shell's value; host-shim does not.",
            "直接运行 `docker compose` 时 Shell 的值优先；host-shim 不受影响。"
        ),
        text!(
            "unset them before you run docker compose by hand.",
            "手动运行 docker compose 之前请先 unset。"
        ),
    )]
}

/// The version is one release, and what is known of it.
pub fn version(facts: &Facts) -> Vec<Check> {
    if facts.env.good().is_none() {
        return vec![Check::skipped(
            "version",
            text!("there is no readable .env", "没有可读的 .env"),
        )];
    }
    let remedy = text!(
        "Set OPENCLAW_VERSION={PINNED_VERSION} in .env, or another release.",
        "请在 .env 中设置 OPENCLAW_VERSION={PINNED_VERSION} 或其他发行版。"
    );
    if let Some(image) = fixed_image(facts) {
        return vec![Check::note(
            "version",
            "version_in_compose_file",
            text!(
                "The compose file names the image without OPENCLAW_VERSION: {image}.",
                "compose 文件没有用 OPENCLAW_VERSION 指定镜像：{image}。"
            ),
            text!(
                ".env then does not decide which version runs, and `upgrade` cannot change it.",
                "这样 .env 不决定运行的版本，`upgrade` 也无法更改。"
            ),
            text!(
                "Write image: {IMAGE}:${{OPENCLAW_VERSION}} to have it upgraded.",
                "如需升级，请写成 image: {IMAGE}:${{OPENCLAW_VERSION}}。"
            ),
        )];
    }
    let Some(version) = facts.version() else {
        return vec![
            Check::wrong(
                "version",
                FaultCode::ConfigInvalid,
                "version_missing",
                text!(
                    "OPENCLAW_VERSION is not set in .env.",
                    ".env 中没有设置 OPENCLAW_VERSION。"
                ),
            )
            .because(
                text!(
                    "Compose cannot name the image without it.",
                    "没有它 Compose 无法确定镜像。"
                ),
                remedy,
            )
            .fixed_by(vec![Fix::PinVersion]),
        ];
    };
    if !is_pinned_version(version) {
        return vec![
            Check::wrong(
                "version",
                FaultCode::ConfigInvalid,
                "version_not_pinned",
                text!(
                    "OPENCLAW_VERSION is `{version}`, which names no single release.",
                    "OPENCLAW_VERSION 的值 `{version}` 不是确定的发行版。"
                ),
            )
            .because(
                text!(
                    "Such a tag changes under your feet, and a roll-back has nowhere to go.",
                    "这样的标签会自行变化，也无法回退。"
                ),
                remedy,
            ),
        ];
    }
    let mut checks = vec![Check::ok(
        "version",
        text!("pinned to {version}", "已固定为 {version}"),
    )];
    checks.extend(known_problems(version));
    checks
}

/// The image, where the compose file names it without the variable.
fn fixed_image(facts: &Facts) -> Option<&str> {
    let (file, env) = (facts.compose.good()?, facts.env.good()?);
    let named = facts.service.as_ref()?.image.as_deref()?;
    let with_version = crate::compose_file::image_of(file, &facts.root, env, PINNED_VERSION);
    with_version.is_none().then_some(named)
}

/// What is known to be wrong with a version; notes, since the plugin copes with them.
fn known_problems(version: &str) -> Vec<Check> {
    let mut notes = Vec::new();
    let upgrade = text!(
        "Upgrade when you need it (host-shim sidecar upgrade 2026.9.6), or live with it.",
        "需要时请升级（host-shim sidecar upgrade 2026.9.6），否则可以不处理。"
    );
    if release(version).is_some_and(|release| release < (2026, 3, 28)) {
        notes.push(Check::note(
            "version-tools",
            "client_tools_ignored",
            text!(
                "{version} takes AstrBot's tools and never offers them to the model.",
                "{version} 会接收 AstrBot 的工具，但从不提供给模型。"
            ),
            text!(
                "A fault of this version, mended by 2026.3.28.",
                "该版本的缺陷，2026.3.28 起修复。"
            ),
            upgrade.clone(),
        ));
    }
    if release(version) == Some((2026, 2, 9)) {
        notes.push(Check::note(
            "version-failures",
            "failures_look_like_answers",
            text!(
                "{version} reports failures of the model provider as if they were answers.",
                "{version} 会把模型服务的失败当作正常回答返回。"
            ),
            text!(
                "A fault of this version; the plugin recognises its stock sentence only.",
                "该版本的缺陷；插件只能识别它的固定语句。"
            ),
            upgrade,
        ));
    }
    notes
}
