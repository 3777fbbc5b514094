//! Whether the model provider can be reached from here.

use std::net::IpAddr;

use super::{Facts, system};
use crate::model::Configured;
use crate::model::endpoint::Endpoint;
use crate::model::proof;

impl Facts {
    /// Tries the provider's port from here; `in_container` where the gateway runs in one, so that some addresses
    /// mean something else to it.
    pub fn try_provider(&mut self, in_container: bool) {
        let config = self.config.good();
        let Some(endpoint) = config.and_then(|config| Configured::of(config)?.endpoint()) else {
            return;
        };
        let listening = match endpoint.is_machine() {
            true => system::listening(endpoint.port()),
            false => Vec::new(),
        };
        self.model_server_is_local =
            !listening.is_empty() && listening.iter().all(IpAddr::is_loopback);
        // It may listen where only containers reach it, such as on Docker's bridge.
        self.provider_reached = match listening.is_empty() {
            true => self.reach_provider(&endpoint, in_container),
            false => Some(Ok(())),
        };
    }

    /// Tries a port. Not through a proxy, and not where only the container can tell.
    fn reach_provider(
        &self,
        endpoint: &Endpoint,
        in_container: bool,
    ) -> Option<Result<(), String>> {
        let environment = self.service.as_ref().map(|service| &service.environment);
        let names = environment.into_iter().flatten().map(|(name, _)| name);
        let proxied = names
            .map(|name| name.to_ascii_lowercase())
            .any(|name| name.ends_with("_proxy"));
        let elsewhere = endpoint.is_loopback() || endpoint.is_service_name();
        let inside = elsewhere && in_container;
        (!proxied && !inside).then(|| proof::connect(endpoint))
    }
}
