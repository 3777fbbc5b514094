//! A scripted OpenClaw gateway for tests and the demo.
//!
//! [`FakeGateway`] listens on a free loopback port and behaves like OpenClaw 2026.2.9 on
//! `POST /v1/responses`: it checks path, method, token and body, then plays the next pushed [`Scene`] or a
//! short reply. It records every request without its token.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use openclaw_fake_gateway::{Answer, Gate, Scene, FakeGateway};
//!
//! let gateway = FakeGateway::start("the-token").await?;
//! let gate = Gate::new();
//! gateway.push(Scene::reply("Hello."));
//! gateway.push(Answer::new().delta("One").hold(&gate).delta(" moment"));
//! println!("export OPENCLAW_GATEWAY_URL={}", gateway.url());
//! gateway.stop().await;
//! # std::io::Result::Ok(()) })?;
//! # std::io::Result::Ok(())
//! ```
#![deny(missing_docs)]

mod answer;
mod http;
mod request;
mod rules;
mod scene;
mod server;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::net::TcpListener;

use server::{Server, Shared};

pub use answer::Answer;
pub use http::Http;
pub use request::{Recorded, Token};
pub use rules::ToolShape;
pub use scene::{End, Gate, Scene};

/// Who ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    /// The other side: closed or reset.
    Client,
    /// The scene, or [`FakeGateway::close_connections`], or [`FakeGateway::stop`].
    Gateway,
}

/// A gateway on a loopback port that plays scenes. Dropping it stops it.
pub struct FakeGateway {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: Mutex<Option<Server>>,
}

impl FakeGateway {
    /// Listens on a free port of 127.0.0.1; `token` is the only valid token. Needs a Tokio runtime with
    /// I/O and time, in which the gateway then runs.
    ///
    /// # Errors
    ///
    /// No port can be opened.
    pub async fn start(token: &str) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(token));
        let server = Server::start(listener, shared.clone());
        Ok(Self {
            address,
            shared,
            server: Mutex::new(Some(server)),
        })
    }

    /// Such as `http://127.0.0.1:40123`, also while it is stopped.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port, also while it is stopped.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Adds a scene for the next turn without one. Requests that fail the gateway's checks use up none.
    pub fn push(&self, scene: impl Into<Scene>) {
        self.shared.script().scenes.push_back(scene.into());
    }

    /// Plays this instead of the short reply when no pushed scene is left.
    pub fn otherwise(&self, scene: impl Into<Scene>) {
        self.shared.script().otherwise = Some(scene.into());
    }

    /// Chooses the scene of each request that passes the gateway's checks by its body, in order of arrival.
    /// Pushed scenes come first.
    pub fn answer_by(&self, choose: impl FnMut(&Value) -> Scene + Send + 'static) {
        self.shared.script().by_body = Some(Box::new(choose));
    }

    /// Forgets the requests so far, for tests that run for long. Their numbers begin anew.
    pub fn forget_requests(&self) {
        self.shared.log.send_modify(|log| log.requests.clear());
    }

    /// Answers every request with this scene, whatever its path, token or body; `None` ends that.
    pub fn answer_everything_with(&self, scene: impl Into<Option<Scene>>) {
        self.shared.script().always = scene.into();
    }

    /// The accepted JSON shape of tools; initially [`ToolShape::Nested`].
    pub fn set_tool_shape(&self, shape: ToolShape) {
        self.shared.script().shape = shape;
    }

    /// How many pushed scenes have not been played.
    pub fn scenes_left(&self) -> usize {
        self.shared.script().scenes.len()
    }

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.log.borrow().requests.clone()
    }

    /// The requests so far that passed the gateway's own checks: on a real gateway each would have
    /// cost a model call.
    pub fn turns(&self) -> Vec<Recorded> {
        let mut requests = self.requests();
        requests.retain(|request| request.reaches_agent);
        requests
    }

    /// The request with this number (from 1), once it has arrived completely.
    pub async fn request(&self, number: usize) -> Recorded {
        let mut log = self.shared.log.subscribe();
        loop {
            if let Some(request) = log
                .borrow_and_update()
                .requests
                .get(number.saturating_sub(1))
            {
                return request.clone();
            }
            // The sender lives in `self`, so this cannot fail while we wait.
            let _ = log.changed().await;
        }
    }

    /// How many connections have been accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.log.borrow().connections.len()
    }

    /// How many of them are open.
    pub fn open_connections(&self) -> usize {
        self.shared
            .log
            .borrow()
            .connections
            .iter()
            .filter(|end| end.is_none())
            .count()
    }

    /// Waits until no request is being answered: scenes are over, and connections closed that a scene closes. A client
    /// that has read a whole answer may otherwise send its next request on a connection that is about to be closed.
    pub async fn answered(&self) {
        let mut log = self.shared.log.subscribe();
        // The sender lives in `self`, so this cannot fail while we wait.
        let _ = log.wait_for(|log| log.answering == 0).await;
    }

    /// Waits until the connection with this number (from 1) has ended and says who ended it. A client
    /// that leaves is noticed at once, whatever scene is playing.
    pub async fn closed(&self, connection: usize) -> ClosedBy {
        let mut log = self.shared.log.subscribe();
        loop {
            let ended = log
                .borrow_and_update()
                .connections
                .get(connection.saturating_sub(1))
                .copied();
            if let Some(Some(by)) = ended {
                return by;
            }
            // The sender lives in `self`, so this cannot fail while we wait.
            let _ = log.changed().await;
        }
    }

    /// Closes all open connections (FIN), as the real gateway does with idle ones after 5 s, and keeps
    /// listening.
    pub async fn close_connections(&self) {
        let open: Vec<usize> = self
            .shared
            .log
            .borrow()
            .connections
            .iter()
            .enumerate()
            .filter_map(|(index, end)| end.is_none().then_some(index + 1))
            .collect();
        self.shared.closings.send_modify(|count| *count += 1);
        for connection in open {
            self.closed(connection).await;
        }
    }

    /// Stops listening and drops all connections. Scenes and records are kept.
    pub async fn stop(&self) {
        let server = self
            .server
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(server) = server {
            server.stop().await;
        }
    }

    /// Listens on the same port again after [`FakeGateway::stop`]; no effect while running.
    ///
    /// # Errors
    ///
    /// The port has been taken by another program.
    pub async fn restart(&self) -> io::Result<()> {
        if self
            .server
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
        {
            return Ok(());
        }
        let listener = TcpListener::bind(self.address).await?;
        let server = Server::start(listener, self.shared.clone());
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
        Ok(())
    }
}
