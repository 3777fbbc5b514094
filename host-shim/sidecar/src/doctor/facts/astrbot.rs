//! Facts about AstrBot's container.

use crate::astrbot_container::inside::{self, Seen, Unseen};
use crate::astrbot_container::{self, AstrBotContainer, NetworkMode};
use crate::dotenv;
use crate::engine::{Container, Engine};
use crate::error::Error;
use crate::secret::Token;

use super::Facts;
use crate::address;

/// AstrBot's container, as the `.env` names it, and what it sees of the gateway.
#[derive(Clone, Debug)]
pub struct AstrBotFacts {
    /// Its name; of one that was found and is not connected, that one's.
    pub name: String,
    /// Whether the `.env` names it.
    pub connected: bool,
    /// The container; `None` if there is none of this name.
    pub container: Result<Option<AstrBotContainer>, Error>,
    /// Where it reaches the gateway: host and port.
    pub gateway: (String, u16),
    /// What it sees; `None` if it does not run.
    pub seen: Option<Result<Seen, Unseen>>,
}

impl AstrBotFacts {
    /// The container, if it is AstrBot's and runs.
    pub(in crate::doctor) fn running(&self) -> Option<&AstrBotContainer> {
        let container = self.container.as_ref().ok()?.as_ref()?;
        (container.is_astrbot && container.runs()).then_some(container)
    }

    /// Whether 127.0.0.1 is this machine to it.
    pub(in crate::doctor) fn on_host(&self) -> bool {
        let running = self.running();
        running.is_some_and(|container| container.mode == NetworkMode::Host)
    }
}

/// Looks for AstrBot's container; `None` where nothing is known of one.
pub(super) fn gather(
    facts: &Facts,
    engine: &Engine,
    token: Option<&Token>,
) -> Option<AstrBotFacts> {
    let named = facts
        .env
        .good()
        .and_then(|env| env.get(dotenv::ASTRBOT_CONTAINER));
    let inside = address::inside(facts.service.as_ref(), facts.config.good());
    let mut it = AstrBotFacts {
        name: String::new(),
        connected: named.is_some(),
        container: Ok(None),
        gateway: (engine.service().to_owned(), inside),
        seen: None,
    };
    let Some(name) = named else {
        // Not connected, as far as this root knows: a network may have been shared by hand.
        let found = astrbot_container::find_all(engine).ok()?;
        let gateway = facts.in_container();
        let shares = |one: &AstrBotContainer| {
            let mut names = one.networks.keys().filter(|name| *name != "bridge");
            gateway.is_some_and(|gateway| names.any(|name| gateway.networks.contains_key(name)))
        };
        let apart =
            |one: &AstrBotContainer| one.runs() && one.mode == NetworkMode::Own && !shares(one);
        let one = found.into_iter().find(apart)?;
        it.name.clone_from(&one.name);
        it.container = Ok(Some(one));
        return Some(it);
    };
    it.name = name.to_owned();
    it.container = astrbot_container::find(engine, name);
    if it.on_host() {
        it.gateway = ("127.0.0.1".to_owned(), facts.port);
    }
    if let (Some(container), Some(token)) = (it.running(), token) {
        let (host, port) = &it.gateway;
        // A gateway that does not run has none: whoever has its name is another.
        let known = facts.in_container().map(Container::addresses);
        let anyone = it.on_host() || known.as_ref().is_some_and(Vec::is_empty);
        let known = known.unwrap_or_default();
        let known = (!anyone).then_some(&*known);
        let at = (host.as_str(), *port);
        it.seen = Some(inside::look(engine, &container.id, at, known, token));
    }
    Some(it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_astrbots_own_running_container_is_looked_into() {
        for (is_astrbot, status, looked) in [
            (true, "running", true),
            (true, "exited", false),
            (false, "running", false),
        ] {
            let container = AstrBotContainer {
                is_astrbot,
                status: status.to_owned(),
                mode: NetworkMode::Host,
                ..AstrBotContainer::default()
            };
            let it = AstrBotFacts {
                name: "bot".to_owned(),
                connected: true,
                container: Ok(Some(container)),
                gateway: ("openclaw-gateway".to_owned(), 18789),
                seen: None,
            };
            assert_eq!((it.running().is_some(), it.on_host()), (looked, looked));
        }
    }
}
