//! The root: what is missing, too open, or somebody else's.

use openclaw_core::fault::FaultCode;

use crate::doctor::check::Check;
use crate::doctor::facts::{Content, Facts, Found};
use crate::doctor::fixes::Fix;
use crate::engine::Presence;
use crate::layout::{CONTAINER_UID, ENTRIES, ENV, HOME, Kind, is_optional};
use crate::read_file::LIMIT;
use crate::text::{Text, text};

/// The root is a folder.
pub fn root(facts: &Facts) -> Vec<Check> {
    let shown = facts.root.path().display();
    if facts.denied {
        return vec![Check::unreadable(
            "root",
            &shown.to_string(),
            "permission denied",
        )];
    }
    vec![match facts.entries.get("") {
        None => Check::wrong(
            "root",
            FaultCode::ConfigInvalid,
            "root_missing",
            text!("{shown} does not exist.", "{shown} 不存在。"),
        )
        .because(
            text!(
                "The sidecar has not been set up, or lies elsewhere.",
                "边车尚未初始化，或位于别处。"
            ),
            text!(
                "Run `host-shim sidecar init --root {shown}`, or name the right --root.",
                "请运行 `host-shim sidecar init --root {shown}`，或指定正确的 --root。"
            ),
        ),
        Some(found) if !found.folder => Check::wrong(
            "root",
            FaultCode::ConfigInvalid,
            "root_not_a_folder",
            text!("{shown} is not a folder.", "{shown} 不是目录。"),
        )
        .because(
            text!("Another file has this name.", "同名的是一个文件。"),
            text!("Name another --root.", "请指定其他 --root。"),
        ),
        Some(_) => Check::ok("root", text!("{shown}", "{shown}")),
    }]
}

fn no_root(name: &'static str) -> Check {
    Check::skipped(
        name,
        text!("there is no root to look into", "没有可以查看的根目录"),
    )
}

fn is_right(found: &Found, kind: Kind) -> bool {
    match kind {
        Kind::Folder => found.folder,
        Kind::File => found.regular,
    }
}

/// Every entry of the layout is there and of the right kind.
pub fn entries(facts: &Facts) -> Vec<Check> {
    if !facts.has_root() {
        return vec![no_root("files")];
    }
    let mut missing = Vec::new();
    let mut other = Vec::new();
    let mut huge = Vec::new();
    for entry in ENTRIES.iter().filter(|entry| !entry.path.is_empty()) {
        match facts.entries.get(entry.path) {
            None if !is_optional(entry.path) => missing.push(entry),
            Some(found) if !is_right(found, entry.kind) => other.push(entry.path),
            Some(found) if found.regular && found.size > LIMIT => huge.push(entry.path),
            _ => {}
        }
    }
    if !other.is_empty() {
        let names = other.join(", ");
        return vec![
            Check::wrong(
                "files",
                FaultCode::ConfigInvalid,
                "file_of_other_kind",
                text!(
                    "Not what they should be (file or folder): {names}.",
                    "类型不对（文件或目录）：{names}。"
                ),
            )
            .because(
                text!(
                    "Docker makes a folder where a mounted file is missing at the first start; pipes, sockets and devices are not read either.",
                    "首次启动时如果挂载的文件不存在，Docker 会建立同名目录；管道、套接字和设备也不会被读取。"
                ),
                text!(
                    "Stop the container, remove them (rmdir for a folder), and run `host-shim sidecar init`.",
                    "请停止容器，删除它们（目录用 rmdir），再运行 `host-shim sidecar init`。"
                ),
            ),
        ];
    }
    if !huge.is_empty() {
        let (names, most) = (huge.join(", "), LIMIT >> 20);
        return vec![
            Check::wrong(
                "files",
                FaultCode::ConfigInvalid,
                "file_too_large",
                text!(
                    "Larger than {most} MiB, and not read: {names}.",
                    "超过 {most} MiB，不会读取：{names}。"
                ),
            )
            .because(
                text!(
                    "These files have a few kilobytes; something else has been written over them.",
                    "这些文件只有几 KB；可能被别的内容覆盖了。"
                ),
                text!(
                    "Move them away and run `host-shim sidecar init`, or go back to a restore point.",
                    "请移走它们并运行 `host-shim sidecar init`，或回到恢复点。"
                ),
            ),
        ];
    }
    if missing.is_empty() {
        return vec![Check::ok("files", text!("all there", "齐全"))];
    }
    let names = missing
        .iter()
        .map(|entry| entry.path)
        .collect::<Vec<_>>()
        .join(", ");
    let fixes = missing
        .iter()
        .flat_map(|entry| {
            let make = match entry.kind {
                Kind::Folder => Fix::MakeFolder(entry.path, entry.mode),
                Kind::File => Fix::WriteTemplate(entry.path, entry.mode),
            };
            let give = entry
                .container_owns
                .then_some(Fix::GiveToContainer(entry.path));
            [Some(make), give].into_iter().flatten()
        })
        .collect();
    vec![
        Check::wrong(
            "files",
            FaultCode::ConfigInvalid,
            "file_missing",
            text!("Missing: {names}.", "缺少：{names}。"),
        )
        .because(
            text!(
                "The sidecar was set up by hand or in part, or files were moved.",
                "边车是手动或部分初始化的，或文件被移动过。"
            ),
            text!(
                "Run `host-shim sidecar init`: it makes what is missing and overwrites nothing.",
                "请运行 `host-shim sidecar init`：它只补齐缺少的，不覆盖任何文件。"
            ),
        )
        .fixed_by(fixes),
    ]
}

/// Nobody else may read the secrets, and nobody else may change the rest.
pub fn modes(facts: &Facts) -> Vec<Check> {
    if !facts.has_root() {
        return vec![no_root("modes")];
    }
    let mut open = Vec::new();
    let mut fixes = Vec::new();
    let mut secret = false;
    for entry in ENTRIES {
        // What is of another kind is not the sidecar's to change.
        let found = facts.entries.get(entry.path);
        let found = found.filter(|found| is_right(found, entry.kind));
        let mode = found.and_then(|found| found.mode);
        let Some(mode) = mode.filter(|mode| mode & entry.forbidden != 0) else {
            continue;
        };
        let name = if entry.path.is_empty() {
            "."
        } else {
            entry.path
        };
        open.push(format!("{name} ({mode:o})"));
        fixes.push(Fix::SetMode(entry.path, mode & !entry.forbidden));
        secret |= entry.path == ENV;
    }
    if open.is_empty() {
        return vec![Check::ok(
            "modes",
            text!("nothing is open to others", "没有对其他用户开放的文件"),
        )];
    }
    let names = open.join(", ");
    let cause = if secret {
        text!(
            "The .env holds the token; other users of this machine can read it.",
            ".env 中有令牌，本机的其他用户可以读取它。"
        )
    } else {
        text!(
            "Other users of this machine can read or change what belongs to the gateway.",
            "本机的其他用户可以读取或修改网关的文件。"
        )
    };
    vec![
        Check::wrong(
            "modes",
            FaultCode::ConfigInvalid,
            "mode_too_open",
            text!("Open to others: {names}.", "对其他用户开放：{names}。"),
        )
        .because(
            cause,
            text!(
                "Take the rights away: chmod 600 .env, chmod 700 on the root.",
                "请收紧权限：.env 设为 600，根目录设为 700。"
            ),
        )
        .fixed_by(fixes),
    ]
}

/// The gateway's user owns what the gateway writes.
pub fn owners(facts: &Facts) -> Vec<Check> {
    if !facts.has_root() {
        return vec![no_root("owners")];
    }
    // Started by hand, the gateway is whoever started it; only the container has a fixed user.
    let runs = facts.listener.is_some() || facts.starting.is_some();
    if facts.in_container().is_none() && runs {
        return vec![Check::ok(
            "owners",
            text!("the gateway runs without a container", "网关不在容器中运行"),
        )];
    }
    let mut foreign: Vec<(&str, String, u32)> = ENTRIES
        .iter()
        .filter(|entry| entry.container_owns)
        .filter_map(|entry| {
            let uid = facts.entries.get(entry.path)?.uid?;
            (uid != CONTAINER_UID).then(|| (entry.path, entry.path.to_owned(), uid))
        })
        .collect();
    let healthy = facts
        .in_container()
        .is_some_and(|container| container.health == "healthy");
    match &facts.foreign_state {
        // A gateway that is well can do without what somebody has put there, and without an engine
        // none will run in a container.
        Some((path, uid))
            if !healthy && foreign.is_empty() && facts.engine != Presence::NoEngine =>
        {
            foreign.push((HOME, path.clone(), *uid));
        }
        _ => {}
    }
    if foreign.is_empty() {
        return vec![Check::ok(
            "owners",
            text!(
                "uid {CONTAINER_UID} owns what the gateway writes",
                "网关写入的目录属于 uid {CONTAINER_UID}"
            ),
        )];
    }
    let names = foreign
        .iter()
        .map(|(_, path, uid)| format!("{path} (uid {uid})"))
        .collect::<Vec<_>>()
        .join(", ");
    let paths = foreign
        .iter()
        .map(|(entry, ..)| *entry)
        .collect::<Vec<_>>()
        .join(" ");
    let fixes = if facts.euid == Some(0) {
        foreign
            .iter()
            .map(|(entry, ..)| Fix::GiveToContainer(entry))
            .collect()
    } else {
        Vec::new()
    };
    vec![Check::wrong("owners", FaultCode::NetworkOrUnreachable, "owner_not_container", text!("Not the gateway's own: {names}.", "不属于网关用户：{names}。"))
        .because(
            text!("In its container the gateway is uid {CONTAINER_UID}; it cannot write there and ends at its start.", "网关在容器内的用户是 uid {CONTAINER_UID}，它无法写入这些目录，会在启动时退出。"),
            text!("sudo chown -R {CONTAINER_UID}:{CONTAINER_UID} {paths}", "sudo chown -R {CONTAINER_UID}:{CONTAINER_UID} {paths}"),
        )
        .fixed_by(fixes)]
}

/// No upgrade or roll-back was cut off.
pub fn journal(facts: &Facts) -> Vec<Check> {
    if !facts.has_root() {
        return vec![no_root("journal")];
    }
    let remedy = text!(
        "Run `host-shim sidecar up`: it goes back to the restore point by itself.",
        "请运行 `host-shim sidecar up`：它会自动回到恢复点。"
    );
    vec![match &facts.journal {
        Content::Missing => Check::ok("journal", text!("no upgrade was cut off", "没有中断的升级")),
        Content::Good(journal) if facts.changing => {
            let (from, to) = (&journal.from, &journal.to);
            Check::note("journal", "operation_under_way", text!("A change from {from} to {to} is under way.", "正在进行从 {from} 到 {to} 的变更。"), text!("Another command is at work; what is wrong below may be its doing.", "另一个命令正在工作；下面的异常可能由它引起。"), text!("Wait until it has ended and look again.", "请等它结束后再检查。"))
        }
        Content::Good(journal) => {
            let (from, to) = (&journal.from, &journal.to);
            Check::wrong("journal", FaultCode::NetworkOrUnreachable, "operation_interrupted", text!("A change from {from} to {to} was cut off.", "从 {from} 到 {to} 的变更中断了。"))
                .because(Text::new("The machine or the command was stopped in the middle.", "机器或命令在中途被停止。"), remedy)
        }
        Content::Unreadable(error) => {
            Check::unreadable("journal", ".sidecar/journal.json", error)
        }
        Content::Bad(error) => Check::wrong("journal", FaultCode::ConfigInvalid, "journal_unreadable", text!("The journal cannot be read: {error}", "无法读取日志记录：{error}"))
            .because(
                text!("It was changed by hand, or the disk failed.", "它被手动改过，或磁盘出错。"),
                text!("Look at .sidecar/journal.json; if it is worthless, remove it and run `host-shim sidecar rollback --list`.", "请查看 .sidecar/journal.json；如果已无用，删除它并运行 `host-shim sidecar rollback --list`。"),
            ),
    }]
}
