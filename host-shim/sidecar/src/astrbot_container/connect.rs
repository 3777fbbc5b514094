//! Brings AstrBot's container and the gateway into one network.

use super::{AstrBotContainer, Kept, NetworkMode, errors, find_usable, network, override_file};
use crate::atomic_file::AtomicFiles;
use crate::compose_file;
use crate::doctor;
use crate::dotenv;
use crate::engine::Engine;
use crate::error::{At, READ, Result, WRITE};
use crate::layout::{COMPOSE, Root};
use crate::read_file;

/// How AstrBot's container reaches the gateway from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// It has this machine's network: over the port on 127.0.0.1.
    Host,
    /// In this network, by the name of the gateway's service.
    Network(String),
}

/// What [`connect`] has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// How it reaches the gateway.
    pub mode: Mode,
    /// Whether the network was made.
    pub network_made: bool,
    /// Whether AstrBot's container joined just now; it was not restarted.
    pub joined: bool,
    /// What keeps it so when it is made anew; `None` where nothing is needed.
    pub kept: Option<Kept>,
}

/// Connects AstrBot's container, which [`find_usable`] gave: makes the network where it is missing and joins both
/// containers to it; then writes it into the gateway's compose file, the container's name into the `.env`, and the
/// override file for AstrBot's compose. Nothing is restarted.
///
/// # Errors
///
/// One of the containers cannot join a network, the network does not fit or is another's, or a file cannot be
/// written. Where a network or a container is refused, no file has been changed; a second call continues.
pub fn connect(
    engine: &Engine,
    root: &Root,
    files: AtomicFiles<'_>,
    astrbot: &AstrBotContainer,
    chosen: Option<&str>,
) -> Result<Connected> {
    let remember = || {
        let env = dotenv::load(root, engine.flavour().dialect())?;
        match env.get(dotenv::ASTRBOT_CONTAINER) {
            Some(name) if name == astrbot.name => Ok(()),
            _ => doctor::set_env(root, dotenv::ASTRBOT_CONTAINER, &astrbot.name, files),
        }
    };
    let path = root.join(COMPOSE);
    let text = read_file::read_text(&path).at(READ, &path)?;
    match &astrbot.mode {
        NetworkMode::Own => {}
        NetworkMode::None => return Err(errors::without_network(&astrbot.name)),
        NetworkMode::Of(other) => return Err(errors::joined_to_another(&astrbot.name, other)),
        NetworkMode::Host => {
            // Our block is left over from when it had its own network; `address::of` would go by it.
            if let Some(without) = network::out_of_compose(&text) {
                files
                    .write(&path, without.as_bytes(), 0o644)
                    .at(WRITE, &path)?;
            }
            remember()?;
            return Ok(Connected {
                mode: Mode::Host,
                network_made: false,
                joined: false,
                kept: None,
            });
        }
    }
    let file = compose_file::parse(&text).unwrap_or_default();
    let env = dotenv::load(root, engine.flavour().dialect())?;
    network::gateway_can_join(&file, root, &env)?;
    let (name, by_user) = match (chosen, network::of_file(&file)) {
        (Some(chosen), _) => (chosen.to_owned(), true),
        (None, Some(written)) => (written, true),
        (None, None) => (network::default_name(root, &env), false),
    };
    let new = network::in_compose(&text, &name)?;
    let network_made = network::ensure(engine, root, &name, by_user)?;
    let joined = !astrbot.networks.contains_key(&name);
    if joined {
        network::join(engine, &name, &astrbot.id, &[])?;
    }
    // As Compose does when it makes the container anew, without making it anew.
    let gateway = engine.container()?;
    if let Some(gateway) = gateway.filter(|gateway| !gateway.networks.contains_key(&name)) {
        network::join(engine, &name, &gateway.id, &[engine.service()])?;
    }
    if new != text {
        files.write(&path, new.as_bytes(), 0o644).at(WRITE, &path)?;
    }
    remember()?;
    let kept = override_file::write(astrbot, &name, root, files)?;
    Ok(Connected {
        mode: Mode::Network(name),
        network_made,
        joined,
        kept: Some(kept),
    })
}

/// Connects both containers again, as `.env` and compose file say; does nothing where AstrBot runs in none.
/// Nothing is restarted.
///
/// # Errors
///
/// As for [`find_usable`] and [`connect`].
pub fn reconnect(engine: &Engine, root: &Root, files: AtomicFiles<'_>) -> Result<()> {
    let env = dotenv::load(root, engine.flavour().dialect())?;
    let Some(name) = env.get(dotenv::ASTRBOT_CONTAINER) else {
        return Ok(());
    };
    let astrbot = find_usable(engine, name)?;
    connect(engine, root, files, &astrbot, None).map(drop)
}
