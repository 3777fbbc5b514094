//! The compose file: what it publishes, and whether the gateway listens there.

use std::net::Ipv4Addr;

use crate::compose_file::{Network, Reach, Service};
use crate::doctor::facts::Facts;
use crate::doctor::{Check, Fix, Id, messages};
use crate::dotenv::STOP_GRACE;
use crate::gateway_config::GatewayConfig;
use crate::layout::COMPOSE;
use crate::read_file::Content;
use crate::release::{self, release};
use crate::text::spaced;
use crate::versions;

/// The compose file is valid and binds and publishes as it should.
pub fn compose_file(facts: &Facts) -> Vec<Check> {
    let file = match &facts.compose {
        Content::Missing => return vec![messages::compose_file_missing()],
        Content::Unreadable(error) => {
            return vec![messages::not_readable(Id::ComposeFile, COMPOSE, error)];
        }
        // Compose has the final say on a file that cannot be read here.
        Content::Bad(error) => {
            return vec![match &facts.compose_verdict {
                Some(Ok(())) => messages::compose_not_understood(error),
                Some(Err(words)) => {
                    messages::compose_not_yaml(error, &messages::compose_refuses(words))
                }
                None => messages::compose_not_yaml(error, &messages::no_yaml()),
            }];
        }
        Content::Good(file) => file,
    };
    let Some(service) = &facts.service else {
        return vec![match file.get("include") {
            Some(_) => messages::service_elsewhere(),
            None => messages::service_missing(),
        }];
    };
    let mut checks = vec![messages::compose_file_ok()];
    // The checks of the .env report its problems; do not repeat them.
    let told = facts.env.good().is_none_or(|env| env.port().is_err());
    if !service.unread.is_empty() && !told {
        checks.push(messages::compose_partly_read(service.unread.join("; ")));
    }
    checks.push(bind(service, facts));
    if !told {
        checks.push(publish(service, facts));
    }
    checks.extend(labels(service, facts));
    checks.extend(stop_grace(service, facts));
    if !service.unbounded.is_empty() {
        checks.push(messages::privileges_too_many(service.unbounded.join(", ")));
    }
    checks
}

/// With SELinux enforcing, a container can only read files labelled for it.
fn labels(service: &Service, facts: &Facts) -> Option<Check> {
    if facts.selinux != Some(true) || service.unconfined {
        return None;
    }
    let bare = service.mounts.iter().filter(|mount| !mount.labelled);
    let bare: Vec<&str> = bare.map(|mount| mount.source.as_str()).collect();
    Some(match bare.is_empty() {
        true => messages::selinux_ok(),
        false => messages::mount_without_label(bare.join(", ")),
    })
}

/// The gateway gets the time its version needs to finish running turns.
fn stop_grace(service: &Service, facts: &Facts) -> Option<Check> {
    let version = facts.version()?;
    release(version)?;
    let needed = versions::of(version).stop_grace;
    let written = service.stop_grace.as_deref().unwrap_or("10s");
    if release::duration(written)? >= release::duration(needed)? {
        return None;
    }
    let takes_it_from_env = |file: &serde_json::Value| file.to_string().contains(STOP_GRACE);
    let fix = facts.compose.good().filter(|file| takes_it_from_env(file));
    Some(messages::stop_grace_short(written, version, needed).fixed_by(fix.map(|_| Fix::StopGrace)))
}

/// Where a gateway listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listens {
    /// Only on its loopback address.
    Loopback,
    /// Also on other addresses.
    Beyond,
    /// Depends on something not known here.
    Unknown,
}

/// The configured address to listen on: from the command, or else the config; `None` for the default.
fn told<'a>(service: Option<&'a Service>, config: Option<&'a GatewayConfig>) -> Option<&'a str> {
    let by_command = service.and_then(|service| service.command.option("--bind"));
    by_command.or_else(|| config?.text("/gateway/bind"))
}

fn listens(service: Option<&Service>, facts: &Facts) -> Listens {
    let config = facts.config.good();
    let known = config.is_none_or(|config| config.unread.is_empty());
    match told(service, config) {
        Some("loopback") => Listens::Loopback,
        Some("lan") => Listens::Beyond,
        Some("custom") => {
            let host = config.and_then(|config| config.text("/gateway/customBindHost"));
            match host.map(str::trim).map(str::parse::<Ipv4Addr>) {
                Some(Ok(host)) if host.is_loopback() => Listens::Loopback,
                _ => Listens::Beyond,
            }
        }
        None if !known => Listens::Unknown,
        // The default and `auto`: newer versions detect that they run in a container.
        None | Some("auto") => match facts.version().and_then(release) {
            _ if service.is_none() => Listens::Loopback,
            Some(version) if version < (2026, 3, 0) => Listens::Loopback,
            Some(version) if version >= (2026, 9, 0) => Listens::Beyond,
            _ => Listens::Unknown,
        },
        Some(_) => Listens::Unknown,
    }
}

fn bind(service: &Service, facts: &Facts) -> Check {
    let config = facts.config.good();
    let inside = told(Some(service), config).unwrap_or("default");
    let outside = told(None, config).unwrap_or("loopback");
    let by_hand = facts.in_container().is_none() && facts.listener.is_some();
    match listens(Some(service), facts) {
        Listens::Loopback if service.network == Network::Own => {
            messages::container_binds_loopback()
        }
        _ if by_hand && listens(None, facts) == Listens::Beyond => {
            messages::host_binds_beyond_loopback(outside)
        }
        _ if by_hand => messages::bind_by_hand(outside),
        Listens::Unknown => messages::bind_not_known(inside),
        _ => messages::bind_in_container(inside),
    }
}

fn publish(service: &Service, facts: &Facts) -> Check {
    let reached = |reach: Reach| {
        let ports = service.ports.iter().filter(move |port| port.reach == reach);
        ports.map(|port| port.shown.as_str()).collect::<Vec<_>>()
    };
    let mut open = reached(Reach::Beyond);
    if service.network == Network::Host && listens(Some(service), facts) != Listens::Loopback {
        open = vec!["network_mode: host"];
    }
    if !open.is_empty() {
        return messages::published_beyond_loopback(open.join(", "));
    }
    let unclear = reached(Reach::Unknown);
    let unread = service.unread.iter().any(|part| part.contains("ports"));
    if !unclear.is_empty() || unread {
        return messages::publish_not_known(spaced(&unclear.join(", ")));
    }
    match &service.network {
        Network::Other(network) if service.ports.is_empty() => {
            messages::reached_over_another_network(network)
        }
        Network::Own if service.ports.is_empty() => messages::port_not_published(),
        _ => messages::publish_ok(),
    }
}
