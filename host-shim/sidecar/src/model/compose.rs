//! Lets the gateway's container reach this machine: `extra_hosts` in the compose file, between markers.

use serde_json::Value;

use super::endpoint::MACHINE;
use super::errors;
use crate::compose_file::edit::{self, Block};
use crate::compose_file::{self, Network, Service};
use crate::error::Result;

/// Whose blocks these are.
const OWNER: &str = "model";
/// The line's value.
pub const LINE: &str = "host.docker.internal:host-gateway";

/// Whether a provider on this machine's loopback is reached as it is: the container has this machine's network.
pub fn shares_the_network(service: Option<&Service>) -> bool {
    service.is_some_and(|service| service.network == Network::Host)
}

/// Whether the gateway's service already has a name for this machine.
pub fn knows_the_machine(text: &str) -> bool {
    let file = compose_file::parse(text).unwrap_or_default();
    let hosts = gateway(&file).and_then(|service| service.get("extra_hosts"));
    match hosts {
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).any(|line| {
            line.strip_prefix(MACHINE)
                .is_some_and(|rest| rest.starts_with([':', '=']))
        }),
        Some(Value::Object(hosts)) => hosts.contains_key(MACHINE),
        _ => false,
    }
}

/// Whether [`with_machine`] has changed this text.
pub fn is_written(text: &str) -> bool {
    edit::is_written(text, OWNER)
}

fn gateway(file: &Value) -> Option<&Value> {
    compose_file::services(file)?.get(compose_file::gateway(file)?)
}

/// The text with a name for this machine in the gateway's service. Every other byte stays.
///
/// # Errors
///
/// The service is not written as a block, or has other `extra_hosts`.
pub fn with_machine(text: &str) -> Result<String> {
    if knows_the_machine(text) {
        return Ok(text.to_owned());
    }
    inserted(text).ok_or_else(errors::compose_not_editable)
}

fn inserted(text: &str) -> Option<String> {
    let line = format!("- \"{LINE}\"");
    let block = Block {
        owner: OWNER,
        key: "extra_hosts",
        lines: &[&line],
    };
    edit::in_service(text, &block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::COMPOSE_FILE;

    #[test]
    fn the_template_gets_exactly_these_lines() {
        let new = with_machine(COMPOSE_FILE).unwrap();
        let added = "    # >>> host-shim sidecar model\n    extra_hosts:\n      - \"host.docker.internal:host-gateway\"\n    # <<< host-shim sidecar model\n";
        assert_eq!(new.replace(added, ""), COMPOSE_FILE);
        assert_eq!(with_machine(&new).unwrap(), new);
    }

    #[test]
    fn other_forms_are_kept_or_refused() {
        let crlf = COMPOSE_FILE.replace('\n', "\r\n");
        let new = with_machine(&crlf).unwrap();
        assert!(!new.replace("\r\n", "").contains('\n'));
        for (text, changed) in [
            ("openclaw-gateway:\n    image: x\n", true),
            (
                "services:\n\n  # one\n  'openclaw-gateway':\n\n    # two\n    image: x",
                true,
            ),
            (
                "x-a:\n  openclaw-gateway:\n    a: b\nservices:\n  openclaw-gateway:\n      image: x\n",
                true,
            ),
            ("services: {openclaw-gateway: {image: x}}", false),
            (
                "services:\n  openclaw-gateway:\n    image: x\n    extra_hosts: ['a:1.2.3.4']\n",
                false,
            ),
        ] {
            assert_eq!(with_machine(text).is_ok(), changed, "{text}");
        }
        for hosts in [
            "['host.docker.internal:10.0.0.1']",
            "{host.docker.internal: host-gateway}",
        ] {
            let text =
                format!("services:\n  openclaw-gateway:\n    image: x\n    extra_hosts: {hosts}\n");
            assert_eq!(with_machine(&text).unwrap(), text);
        }
    }
}
