//! Accepts connections and answers requests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::ClosedBy;
use super::request::{self, Recorded, Request};
use super::rules::{self, ToolShape};
use super::scene::{Asked, End, Scene};

/// What the handle and the server's tasks share.
pub(super) struct Shared {
    token: String,
    pub script: Mutex<Script>,
    pub log: watch::Sender<Log>,
    /// Counts the calls of `close_connections`.
    pub closings: watch::Sender<usize>,
}

/// Scenes to play.
#[derive(Default)]
pub(super) struct Script {
    pub scenes: VecDeque<Scene>,
    pub otherwise: Option<Scene>,
    pub always: Option<Scene>,
    pub by_body: Option<ByBody>,
    pub shape: ToolShape,
}

/// Chooses a scene.
pub(super) type ByBody = Box<dyn FnMut(&Value) -> Scene + Send>;

/// Recorded requests and connections.
#[derive(Default)]
pub(super) struct Log {
    pub requests: Vec<Recorded>,
    /// How each connection ended; none while it is open.
    pub connections: Vec<Option<ClosedBy>>,
    /// How many requests are being answered: a scene that closes its connection ends with that.
    pub answering: usize,
}

impl Shared {
    pub fn new(token: &str) -> Self {
        Self {
            token: token.to_owned(),
            script: Mutex::default(),
            log: watch::Sender::new(Log::default()),
            closings: watch::Sender::new(0),
        }
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that all connections are closed.
    fn close_all(&self) {
        self.log.send_modify(|log| {
            for end in &mut log.connections {
                end.get_or_insert(ClosedBy::Gateway);
            }
            log.answering = 0;
        });
    }

    /// What to play for this request, and whether it would reach the agent.
    fn next_scene(&self, request: &Request, json: Option<&Value>) -> (Scene, bool) {
        let mut script = self.script();
        let refusal = rules::refusal(request, json, script.shape);
        let reaches_agent = refusal.is_none();
        let scene = script
            .always
            .clone()
            .or(refusal)
            .or_else(|| script.scenes.pop_front())
            .or_else(|| {
                script
                    .by_body
                    .as_mut()
                    .zip(json)
                    .map(|(choose, body)| choose(body))
            })
            .or_else(|| script.otherwise.clone())
            .unwrap_or_else(|| Scene::reply("PONG from the fake gateway."));
        (scene, reaches_agent)
    }

    /// Records the request and returns its number.
    fn record(&self, recorded: Recorded) -> usize {
        let mut number = 0;
        self.log.send_modify(|log| {
            number = log.requests.len() + 1;
            log.answering += 1;
            log.requests.push(Recorded { number, ..recorded });
        });
        number
    }
}

/// The accepting task. Dropping or stopping it closes its connections.
pub(super) struct Server {
    task: JoinHandle<()>,
    stop: oneshot::Sender<()>,
    shared: Arc<Shared>,
}

impl Server {
    pub fn start(listener: TcpListener, shared: Arc<Shared>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, shared.clone(), stopped));
        Self { task, stop, shared }
    }

    /// Resolves when nothing listens any more and all connections are closed.
    pub async fn stop(self) {
        drop(self.stop);
        // Fails only if the task panicked, which has been reported by then.
        let _ = self.task.await;
        self.shared.close_all();
    }
}

/// Accepts until `stopped` resolves; then all connections end.
async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => break,
        };
        // A failed accept concerns a connection that is gone already.
        let Ok((stream, _)) = accepted else { continue };
        while connections.try_join_next().is_some() {}
        // Before the connection is on record, so that whoever closes all on record closes it.
        let mut closings = shared.closings.subscribe();
        let mut number = 0;
        shared.log.send_modify(|log| {
            log.connections.push(None);
            number = log.connections.len();
        });
        let shared = shared.clone();
        connections.spawn(async move {
            let mut answering = false;
            let by = tokio::select! {
                by = converse(stream, number, &shared, &mut answering) => by,
                _ = closings.changed() => ClosedBy::Gateway,
            };
            shared.log.send_modify(|log| {
                log.answering -= usize::from(answering);
                if let Some(end) = log.connections.get_mut(number - 1) {
                    *end = Some(by);
                }
            });
        });
    }
    drop(listener);
    connections.shutdown().await;
}

/// Answers the requests of one connection until one side ends it; the stream is closed when this
/// returns. `answering` tells whether that was in the middle of a scene or because of it.
async fn converse(
    mut stream: TcpStream,
    connection: usize,
    shared: &Shared,
    answering: &mut bool,
) -> ClosedBy {
    // Without it small pieces would be held back and joined.
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::new();
    loop {
        let Ok(Some(request)) = request::read(&mut stream, &mut buffer, &shared.token).await else {
            return ClosedBy::Client;
        };
        let too_large = request.too_large;
        let json: Option<Value> = serde_json::from_slice(&request.body).ok();
        let (scene, reaches_agent) = shared.next_scene(&request, json.as_ref());
        let mut asked = Asked {
            number: 0,
            stream: json.as_ref().is_some_and(|body| body["stream"] == true),
            model: json
                .as_ref()
                .and_then(|body| body["model"].as_str())
                .unwrap_or_default()
                .to_owned(),
        };
        asked.number = shared.record(Recorded {
            number: 0,
            connection,
            method: request.method,
            path: request.path,
            headers: request.headers,
            token: request.token,
            body: request.body,
            json,
            reaches_agent,
        });
        *answering = true;
        let (mut reader, mut writer) = stream.split();
        let ended = tokio::select! {
            ended = scene.play(&asked).write(&mut writer) => ended,
            () = until_closed(&mut reader, &mut buffer) => return ClosedBy::Client,
        };
        match ended {
            // The rest of an oversized body would be taken for the next request.
            Ok(End::KeepAlive) if !too_large => {
                *answering = false;
                shared.log.send_modify(|log| log.answering -= 1);
            }
            Ok(End::Reset) => {
                // Dropping the stream then sends RST instead of FIN.
                let _ = stream.set_zero_linger();
                return ClosedBy::Gateway;
            }
            Ok(_) => return ClosedBy::Gateway,
            Err(_) => return ClosedBy::Client,
        }
    }
}

/// Keeps what the client sends ahead, until it closes.
async fn until_closed(reader: &mut (impl tokio::io::AsyncRead + Unpin), buffer: &mut Vec<u8>) {
    while let Ok(true) = request::more(reader, buffer).await {}
}
