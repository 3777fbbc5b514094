//! What an engine or Compose says that newcomers meet often, with what to do about it.

use crate::error::{Error, ErrorKind, error_functions};
use crate::text::{Argument, Text};

error_functions! {
    EngineNotRunning denied(engine, error, why, remedy):
        "This user may not use `{engine}`: {error}" | "当前用户无权使用 `{engine}`：{error}",
        "{why}" | "{why}",
        "{remedy}" | "{remedy}";
    CommandFailed port_in_use(command, words, shows):
        "`{command}` failed, because another program has the gateway's port:\n{words}" | "`{command}` 失败，网关的端口已被其他程序占用：\n{words}",
        "Two programs cannot listen on one port." | "两个程序不能监听同一个端口。",
        "Stop that program ({shows} shows it), or set another OPENCLAW_HOST_PORT in .env, run `host-shim sidecar up`, and update the plugin's gateway_primary_url."
            | "请停止该程序（{shows} 可以查看），或在 .env 中改用别的 OPENCLAW_HOST_PORT，运行 `host-shim sidecar up`，并相应修改插件的 gateway_primary_url。";
}

/// Whether this is Docker's, Podman's or the kernel's word for a port that is taken.
pub(super) fn names_a_taken_port(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    let said = ["port is already allocated", "address already in use"];
    said.iter().any(|said| words.contains(said))
}

/// Whether the engine is there and refuses this user.
pub(super) fn names_a_denial(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    words.contains("permission denied") || words.contains("access is denied")
}
