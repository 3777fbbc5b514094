//! AstrBot's container, and the gateway as it is seen from inside.

use openclaw_core::fault::FaultCode;

use crate::astrbot_container::errors;
use crate::astrbot_container::inside::{Answer, Plugin, Seen, Unseen};
use crate::doctor::facts::{AstrBotFacts, Facts};
use crate::doctor::{Check, Fix, Id, messages};
use crate::engine::Container;
use crate::error::Error;
use crate::model::endpoint::Endpoint;
use crate::model::services::Api;
use crate::text::Text;

/// The container runs, shares a network with the gateway, and reaches it with the plugin's settings.
pub fn astrbot(facts: &Facts) -> Vec<Check> {
    let Some(it) = &facts.astrbot_container else {
        return Vec::new();
    };
    let name = &it.name;
    if !it.connected {
        return vec![messages::astrbot_not_connected(name)];
    }
    match &it.container {
        Err(error) => return vec![unknown(error)],
        Ok(None) => return vec![messages::astrbot_container_missing(name)],
        Ok(Some(one)) if !one.is_astrbot => {
            let error = errors::not_astrbot(name, &one.image, &Text::default());
            return vec![unknown(&error)];
        }
        Ok(Some(one)) if one.status == "paused" => {
            return vec![messages::astrbot_container_paused(name)];
        }
        Ok(Some(one)) if !one.runs() => {
            return vec![messages::astrbot_container_stopped(name, &one.status)];
        }
        Ok(Some(_)) => {}
    }
    let mut checks = vec![messages::astrbot_container_ok(name)];
    let gateway = facts.in_container();
    let common = common(it, gateway);
    checks.push(network(it, gateway, &common));
    let joined = it.on_host() || !common.is_empty();
    let seen = match &it.seen {
        None => return checks,
        Some(Err(words)) => {
            checks.push(match words {
                Unseen::TimedOut(words) => messages::astrbot_silent(name, words),
                Unseen::Failed(words) => messages::astrbot_not_looked(words),
            });
            return checks;
        }
        Some(Ok(seen)) => seen,
    };
    checks.push(match gateway {
        Some(gateway) if joined => reach(it, gateway, seen),
        _ => messages::astrbot_not_reached(Id::AstrbotReach),
    });
    checks.push(url(it, seen));
    checks.push(match joined {
        true => token(seen),
        false => messages::astrbot_not_reached(Id::AstrbotToken),
    });
    checks
}

fn unknown(error: &Error) -> Check {
    let code = FaultCode::NetworkOrUnreachable;
    Check::failed(Id::AstrbotContainer, code, "astrbot_unknown", error)
}

/// The networks in which both are and find each other by name.
fn common(it: &AstrBotFacts, gateway: Option<&Container>) -> Vec<String> {
    let networks = it.running().into_iter().flat_map(|one| one.networks.keys());
    let both = networks.filter(|name| {
        let with = gateway.is_some_and(|gateway| gateway.networks.contains_key(*name));
        with && *name != "bridge"
    });
    both.cloned().collect()
}

fn network(it: &AstrBotFacts, gateway: Option<&Container>, common: &[String]) -> Check {
    if it.on_host() {
        return messages::astrbot_on_host();
    }
    if gateway.is_none() {
        return messages::astrbot_not_reached(Id::AstrbotNetwork);
    }
    if common.is_empty() {
        let wrong = messages::astrbot_no_common_network(&it.name);
        return wrong.fixed_by([Fix::ConnectAstrBot]);
    }
    messages::astrbot_network_ok(common.join(", "))
}

fn reach(it: &AstrBotFacts, gateway: &Container, seen: &Seen) -> Check {
    let (host, port) = &it.gateway;
    if !seen.unresolved.is_empty() {
        return messages::astrbot_name_unresolved(host, &seen.unresolved);
    }
    let own = gateway.addresses();
    let leads = seen.addresses.iter().all(|address| own.contains(&address));
    let addresses = seen.addresses.join(", ");
    if !it.on_host() && !own.is_empty() && !leads {
        return messages::astrbot_name_elsewhere(host, addresses);
    }
    match seen.own.failed.as_str() {
        "" => messages::astrbot_reach_ok(host, port, addresses),
        _ => messages::astrbot_port_closed(host, port, &seen.own.error),
    }
}

fn url(it: &AstrBotFacts, seen: &Seen) -> Check {
    let (host, port) = &it.gateway;
    let own = format!("http://{host}:{port}");
    let Some(plugin) = &seen.plugin else {
        return match seen.settings_error.as_str() {
            "" => messages::astrbot_plugin_absent(own),
            error => messages::astrbot_settings_unreadable(error),
        };
    };
    let Plugin { url, .. } = plugin;
    let loopback =
        Endpoint::parse(url, Api::OpenaiCompletions).is_ok_and(|endpoint| endpoint.is_loopback());
    let path = url.strip_prefix(&own);
    match plugin.same_address {
        true => messages::astrbot_url_ok(url),
        false if path.is_some_and(|path| path.starts_with('/')) => {
            messages::astrbot_address_with_path(url, own)
        }
        false if loopback && !it.on_host() => messages::astrbot_loopback_address(url, own),
        false => messages::astrbot_other_address(url, own),
    }
}

/// The plugin's token where its address is this gateway's; otherwise the one of the `.env`.
fn token(seen: &Seen) -> Check {
    let of_plugin = seen.plugin.as_ref();
    let differs = of_plugin.is_some_and(|plugin| !plugin.same_token);
    let answer = of_plugin.and_then(|plugin| plugin.answer.as_ref());
    let Answer { status, body, .. } = answer.unwrap_or(&seen.own);
    match status {
        Some(400) if differs && answer.is_none() => messages::astrbot_token_differs(),
        Some(400) => messages::astrbot_token_ok(),
        Some(401 | 403) if differs => messages::astrbot_token_refused(),
        Some(401 | 403) => messages::astrbot_token_outdated(),
        Some(429) => messages::astrbot_locked_out(),
        Some(status) => messages::astrbot_unexpected_answer(status, body.trim()),
        None => messages::astrbot_not_reached(Id::AstrbotToken),
    }
}
