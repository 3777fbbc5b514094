//! Facts about AstrBot's container.

use crate::astrbot_container::inside::{self, Seen};
use crate::astrbot_container::{self, AstrBotContainer, NetworkMode};
use crate::dotenv;
use crate::engine::Engine;
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
    pub seen: Option<Result<Seen, String>>,
}

impl AstrBotFacts {
    /// The container, if it runs.
    pub(in crate::doctor) fn running(&self) -> Option<&AstrBotContainer> {
        let container = self.container.as_ref().ok()?.as_ref()?;
        container.runs().then_some(container)
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
        it.seen = Some(inside::look(engine, &container.id, (host, *port), token));
    }
    Some(it)
}
