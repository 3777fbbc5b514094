//! How to reach the root's gateway from this machine.

use crate::astrbot_container::network;
use crate::compose_file::{self, Network, Service};
use crate::dotenv::{self, Env};
use crate::gateway_config::{self, Auth, GatewayConfig};
use crate::layout::{CONFIG, Root, SERVICE};
use crate::read_file;
use crate::secret::Token;

/// The gateway's default port.
pub const PORT: u16 = 18789;

/// How to reach the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The port on this machine.
    pub port: u16,
    /// Whether the compose file makes it reachable from this machine; `true` if that is not known.
    pub published: bool,
    /// The bearer token that the gateway expects.
    pub token: Token,
    /// The plugin's address of it: by the service's name if AstrBot runs in a container of its own network.
    pub plugin_url: String,
}

/// Finds out from the root's files how to reach its gateway.
pub fn of(root: &Root, env: &Env) -> Address {
    let file = compose_file::load(root);
    let service = file.as_ref().and_then(|file| {
        let name = compose_file::gateway(file)?;
        compose_file::service(file, name, root, env)
    });
    let text = read_file::read_text(&root.join(CONFIG)).ok();
    let config = text.and_then(|text| {
        let read = gateway_config::read(&text, root, env, service.as_ref());
        read.ok()
    });
    let mut address = by(env, service.as_ref(), config.as_ref());
    let astrbot = env.get(dotenv::ASTRBOT_CONTAINER);
    if let Some(file) = file.filter(|file| astrbot.is_some() && network::of_file(file).is_some()) {
        let name = compose_file::gateway(&file).unwrap_or(SERVICE);
        let inside = inside(service.as_ref(), config.as_ref());
        address.plugin_url = format!("http://{name}:{inside}");
    }
    address
}

/// The `.env`, plus the token if another file sets it: everything that must be masked.
pub fn secrets(root: &Root, env: &Env) -> Env {
    let address = of(root, env);
    env.with("EFFECTIVE_TOKEN", address.token.expose())
}

/// As [`of`], from files that were already read.
pub fn by(env: &Env, service: Option<&Service>, config: Option<&GatewayConfig>) -> Address {
    let inside = inside(service, config);
    let led = service.and_then(|service| match service.network {
        Network::Host => Some(inside),
        _ => service.ports.iter().find_map(|port| port.leads_to(inside)),
    });
    let known = |service: &Service| service.unread.is_empty();
    let picked = |service: &Service| {
        let mut ports = service.ports.iter();
        ports.any(|port| port.tcp && port.inside.contains(&inside))
    };
    let auth = config.map(|config| config.auth(env, service));
    let given = service.and_then(|service| {
        let token = service.environment.get(crate::dotenv::TOKEN)?;
        token.clone().filter(|token| !token.is_empty())
    });
    let port = led.unwrap_or_else(|| env.port().unwrap_or(PORT));
    Address {
        port,
        plugin_url: format!("http://127.0.0.1:{port}"),
        published: led.is_some()
            || service.is_none_or(|service| picked(service) || !known(service)),
        token: match (auth, given) {
            (Some(Auth::Bearer(Some(token))), _) | (None, Some(token)) => Token::new(token),
            _ => env.token(),
        },
    }
}

/// The port the gateway listens on inside its container.
pub fn inside(service: Option<&Service>, config: Option<&GatewayConfig>) -> u16 {
    let by_command = || service?.command.option("--port")?.parse().ok();
    let by_environment = || {
        let port = service?
            .environment
            .get("OPENCLAW_GATEWAY_PORT")?
            .as_ref()?;
        port.trim().parse().ok()
    };
    let by_config = || {
        let port = config?.get("/gateway/port")?.as_u64()?;
        u16::try_from(port).ok()
    };
    by_command()
        .or_else(by_environment)
        .or_else(by_config)
        .filter(|port| *port != 0)
        .unwrap_or(PORT)
}
