//! What to do about the system, where systems differ: Linux has services and `sudo`, macOS and Windows have Docker Desktop.

use crate::text::{Argument, Text};

/// A text of Linux, or one of Docker Desktop's systems; both languages of each.
macro_rules! advice {
    ($($(#[$doc:meta])* $name:ident($($arg:ident),*):
        linux $en:literal | $zh:literal,
        desktop $desktop_en:literal | $desktop_zh:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name($($arg: impl Argument),*) -> Text {
            if cfg!(any(windows, target_vendor = "apple")) {
                Text::new(
                    { $(let $arg = $arg.en(); let _ = &$arg;)* format!($desktop_en) },
                    { $(let $arg = $arg.zh(); let _ = &$arg;)* format!($desktop_zh) },
                )
            } else {
                Text::new(
                    { $(let $arg = $arg.en(); let _ = &$arg;)* format!($en) },
                    { $(let $arg = $arg.zh(); let _ = &$arg;)* format!($zh) },
                )
            }
        }
    )*};
}

advice! {
    /// Neither Docker nor Podman is installed.
    install_engine():
        linux "Install Docker with Compose (Debian, Ubuntu: sudo apt-get install docker.io docker-compose), or start the gateway by hand as described in section 3 of RUNBOOK.en.md."
            | "请安装 Docker 与 Compose（Debian、Ubuntu：sudo apt-get install docker.io docker-compose），或按 RUNBOOK.md 第 3 节手动启动网关。",
        desktop "Install Docker Desktop, or start the gateway by hand as described in section 3 of RUNBOOK.en.md."
            | "请安装 Docker Desktop，或按 RUNBOOK.md 第 3 节手动启动网关。";
    /// An engine without Compose.
    install_compose():
        linux "Install one (Debian, Ubuntu: sudo apt-get install docker-compose, or docker-compose-plugin from Docker's own repository; for Podman: podman-compose)."
            | "请安装其一（Debian、Ubuntu：sudo apt-get install docker-compose，或 Docker 官方源的 docker-compose-plugin；Podman 用 podman-compose）。",
        desktop "Install Docker Desktop, which has `docker compose`; for Podman: podman-compose."
            | "请安装自带 `docker compose` 的 Docker Desktop；Podman 用 podman-compose。";
    /// The engine does not respond.
    start_engine(engine):
        linux "Start it (sudo systemctl start {engine}); if it is running, use sudo or join the `docker` group."
            | "请启动它（sudo systemctl start {engine}）；如果它已在运行，请使用 sudo 或加入 `docker` 组。",
        desktop "Start Docker Desktop and wait until it says that the engine is running; for Podman: podman machine start."
            | "请启动 Docker Desktop，等它显示引擎正在运行；Podman 请运行 podman machine start。";
    /// The engine has stopped responding.
    check_engine():
        linux "Check its status (systemctl status docker), then run the command again."
            | "请检查其状态（systemctl status docker），然后重试。",
        desktop "Check in Docker Desktop whether the engine is running, then run the command again."
            | "请在 Docker Desktop 中查看引擎是否正在运行，然后重试。";
    /// Why this user may not use the engine.
    why_denied():
        linux "Its socket belongs to root and the group `docker`." | "它的套接字属于 root 和 `docker` 组。",
        desktop "Docker Desktop lets only the user who started it, and on Windows the group `docker-users`, use the engine."
            | "Docker Desktop 只允许启动它的用户（在 Windows 上还有 `docker-users` 组）使用引擎。";
    /// This user may not use the engine.
    may_use_engine():
        linux "Use sudo, or join the group and log in again: sudo usermod -aG docker $USER (its members can do everything that root can)."
            | "请使用 sudo，或加入该组后重新登录：sudo usermod -aG docker $USER（该组成员拥有等同 root 的权限）。",
        desktop "Run the command as that user, or join the group and log in again."
            | "请以该用户运行命令，或加入该组后重新登录。";
    /// How to see who has a port.
    who_has_the_port():
        linux "sudo ss -ltnp" | "sudo ss -ltnp",
        desktop "Windows: netstat -ano; macOS: lsof -nP -iTCP" | "Windows：netstat -ano；macOS：lsof -nP -iTCP";
    /// Another user may read or change the files.
    close_files():
        linux "Restrict the permissions: chmod 600 .env, and chmod 700 for the root folder."
            | "请收紧权限：.env 设为 600，根目录设为 700。",
        desktop "Run `host-shim sidecar doctor --fix`, which takes the rights of other users away (macOS: chmod 600 .env, chmod 700 for the root folder)."
            | "请运行 `host-shim sidecar doctor --fix`，它会取消其他用户的权限（macOS：.env 设为 600，根目录设为 700）。";
    /// The clock is wrong.
    set_the_clock():
        linux "Correct the clock (timedatectl set-ntp true)." | "请校准系统时间（timedatectl set-ntp true）。",
        desktop "Correct the clock in the system's settings, then restart Docker Desktop."
            | "请在系统设置中校准时间，然后重启 Docker Desktop。";
}
