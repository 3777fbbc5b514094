//! The model provider: named, with a key, at an address that the gateway's container reaches.

use openclaw_core::fault::FaultCode;

use crate::compose_file::Network;
use crate::doctor::facts::Facts;
use crate::doctor::{Check, Fix, Id, messages};
use crate::dotenv::Env;
use crate::gateway_config::GatewayConfig;
use crate::model::Configured;
use crate::model::endpoint::Endpoint;
use crate::model::key;
use crate::read_file::Content;
use crate::text::Text;

/// The config names a provider, with a key and an address that work as far as can be told from here.
pub fn model(facts: &Facts) -> Vec<Check> {
    let depends = || {
        let ids = [Id::ModelProvider, Id::ProviderKey, Id::ProviderAddress];
        ids.into_iter().map(messages::depends_on_unknown).collect()
    };
    let Content::Good(config) = &facts.config else {
        return depends();
    };
    let Some(configured) = Configured::of(config) else {
        return match () {
            () if !config.unread.is_empty() => depends(),
            // The gateway itself keeps keys that somebody has given it by its own commands.
            () if facts.has_auth_profiles => vec![messages::model_by_profile("OpenClaw")],
            () => vec![
                messages::model_provider_missing(),
                messages::no_provider(Id::ProviderKey),
                messages::no_provider(Id::ProviderAddress),
            ],
        };
    };
    match (&configured.base_url, configured.endpoint()) {
        (Some(url), Some(endpoint)) => vec![
            messages::model_provider_ok(&configured.model, url),
            provider_key(facts, &configured),
            address(facts, &configured, &endpoint),
            astrbot(facts, &configured, &endpoint),
        ],
        (Some(url), None) => vec![
            messages::model_provider_ok(&configured.model, url),
            provider_key(facts, &configured),
            messages::provider_address_invalid(url),
        ],
        (None, _) => vec![built_in(facts, config, &configured)],
    }
}

/// One of OpenClaw's own providers, whose address and models only the gateway knows.
fn built_in(facts: &Facts, config: &GatewayConfig, configured: &Configured) -> Check {
    let provider = &configured.provider;
    let variable = format!(
        "{}_API_KEY",
        provider.to_ascii_uppercase().replace('-', "_")
    );
    let environment = facts.service.as_ref().map(|service| &service.environment);
    let given = environment.is_some_and(|all| {
        let value = all.get(&variable).cloned().flatten();
        value.is_some_and(|value| !value.is_empty())
    });
    match given || facts.has_auth_profiles || !config.unread.is_empty() || configured.key.is_some()
    {
        true => messages::model_by_profile(provider),
        false => messages::model_without_provider(provider, &configured.model),
    }
}

fn provider_key(facts: &Facts, configured: &Configured) -> Check {
    let Some(key) = configured.key.as_deref().filter(|key| !key.is_empty()) else {
        return match facts.has_auth_profiles {
            true => messages::provider_key_ok(),
            false => messages::provider_key_missing(&configured.provider),
        };
    };
    let name = key
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    match name {
        Some(_) if facts.env.good().is_none() => messages::no_env(Id::ProviderKey),
        // A value for it would have been put in.
        Some(name) => messages::provider_key_empty(name),
        None if key.contains("${") => messages::depends_on_unknown(Id::ProviderKey),
        None if key::check(key).is_err() => messages::provider_key_unusable(),
        None => {
            let service = facts.service.as_ref();
            let given = service
                .into_iter()
                .flat_map(|service| service.environment.values());
            let given = given.flatten().any(|value| value == key);
            let env = facts.env.good().into_iter().flat_map(Env::iter);
            match given || env.into_iter().any(|(_, value)| value == key) {
                true => messages::provider_key_ok(),
                false => messages::provider_key_in_config(),
            }
        }
    }
}

/// Whether the gateway runs in a container of its own network, or will.
fn in_own_network(facts: &Facts) -> bool {
    let by_hand = facts.in_container().is_none() && facts.listener.is_some();
    let own = |network: &Network| *network == Network::Own;
    !by_hand
        && facts
            .service
            .as_ref()
            .is_none_or(|service| own(&service.network))
}

fn address(facts: &Facts, configured: &Configured, endpoint: &Endpoint) -> Check {
    if endpoint.is_loopback() && in_own_network(facts) {
        let (url, inside) = (endpoint.url(), endpoint.from_inside().url());
        let fix = configured.ours().map(|_| Fix::ReachMachine);
        return messages::provider_loopback(url, inside).fixed_by(fix);
    }
    let (host, port) = (endpoint.host(), endpoint.port());
    match &facts.provider_reached {
        None => messages::provider_not_tried(),
        Some(Ok(())) if facts.model_server_is_local && in_own_network(facts) => {
            messages::model_server_only_local(port)
        }
        Some(Ok(())) => messages::provider_address_ok(host, port),
        Some(Err(error)) if endpoint.is_machine() => {
            messages::model_server_not_running(port, error)
        }
        Some(Err(error)) => messages::provider_unreachable(host, port, error),
    }
}

/// The key is the one that AstrBot has for the same address.
fn astrbot(facts: &Facts, configured: &Configured, endpoint: &Endpoint) -> Check {
    let astrbot = match &facts.astrbot {
        None => return messages::astrbot_not_named(),
        Some(Err(error)) => {
            let (code, problem) = (FaultCode::ConfigInvalid, "astrbot_config_unreadable");
            return Check::failed(Id::ProviderAstrbot, code, problem, error);
        }
        Some(Ok(astrbot)) => astrbot,
    };
    let same = astrbot.with_origin(endpoint);
    let Some(first) = same.first() else {
        return messages::astrbot_has_another();
    };
    // One service may be there under several names, each with its own key.
    let keys = same
        .iter()
        .filter_map(|one| Some((one.id.as_str(), one.key().ok()?)));
    let keys: Vec<_> = keys.collect();
    let own = configured.key.as_deref();
    if keys.iter().any(|(_, key)| own == Some(key.expose())) {
        return messages::astrbot_key_ok();
    }
    let ids: Vec<&str> = keys.iter().map(|(id, _)| *id).collect();
    match ids.is_empty() {
        true => messages::astrbot_key_unknown(&first.id),
        false => messages::provider_key_differs(ids.join("`, `")),
    }
}

/// The one model call, if it was made.
pub fn answer(facts: &Facts) -> Vec<Check> {
    let check = facts.answer.as_ref().map(|answer| match answer {
        Ok(answer) => messages::model_answers(answer.seconds, &answer.text),
        Err(refused) => {
            let why = refused.why;
            messages::model_does_not_answer(why.code, &refused.message).because(
                Text::of(|locale| why.cause(locale)),
                Text::of(|locale| why.remedy(locale)),
            )
        }
    });
    check.into_iter().collect()
}
