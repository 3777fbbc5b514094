//! `status`, cancelling and closing answer soon, whatever hogs the wire, the component, a tool or the turn's reader:
//! within a second on a machine with time to spare. The line that it counts with tells the worst.

use std::net::TcpListener;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::hostile::{hostile, source};
use super::*;
use futures::future::BoxFuture;
use host_shim::{
    Approval, ApprovalRequest, Level, Tool, ToolCall, ToolRunner, TurnRequest, Verdict,
};
use openclaw_fake_gateway::{Answer, Scene};
use openclaw_tests::wire::{delta, wire};

/// A second, and what a loaded machine may add: far less than any of the hogs would hold it up for.
const SOON: Duration = Duration::from_secs(15);

/// Something that keeps a turn from its end.
struct Hog {
    plugin: Plugin,
    turn: Turn,
    /// Kept until the end; dropping it lets go what is blocked.
    _kept: Box<dyn Send>,
}

type Start = fn() -> BoxFuture<'static, Hog>;

/// A gateway that sends this without end.
fn floods(template: &'static str) -> BoxFuture<'static, Hog> {
    let sent = wire(template).unwrap();
    let flood = sent.forever.repeat(16_384 / sent.forever.len() + 1);
    plays(Scene::wire(sent.bytes).and_forever(flood))
}

fn plays(scene: Scene) -> BoxFuture<'static, Hog> {
    Box::pin(async move {
        let (gateway, plugin) = pair().await;
        gateway.push(scene);
        let turn = plugin.ask(TurnRequest::new("hi"));
        gateway.request(1).await;
        Hog {
            plugin,
            turn,
            _kept: Box::new(gateway),
        }
    })
}

/// A gateway that takes the connection and reads nothing of a long request.
fn is_deaf() -> BoxFuture<'static, Hog> {
    Box::pin(async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let plugin = builder().config(config(&url)).build().await.unwrap();
        let image = openclaw_tests::rig::attachment("image/png", 9 << 20);
        let turn = plugin.ask(TurnRequest {
            attachments: vec![image],
            ..TurnRequest::new("hi")
        });
        let (taken, _) = listener.accept().unwrap();
        Hog {
            plugin,
            turn,
            _kept: Box::new((listener, taken)),
        }
    })
}

/// A component that does this.
fn component(text: &'static str) -> BoxFuture<'static, Hog> {
    Box::pin(async move {
        let budget = Duration::from_secs(600);
        let plugin = hostile().compute_budget(budget).build().await.unwrap();
        let turn = plugin.ask(TurnRequest::new(text));
        Hog {
            plugin,
            turn,
            _kept: Box::new(()),
        }
    })
}

/// How a tool, or whoever approves it, hogs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Blocks before it gives a future.
    Before,
    /// Its future blocks.
    Within,
    NeverEnds,
    Approver,
}

/// A runner, with what tells that it was begun and what lets it go.
struct Holding {
    how: Holds,
    begun: mpsc::Sender<()>,
    released: Arc<std::sync::Mutex<mpsc::Receiver<()>>>,
}

impl Holding {
    fn block(begun: &mpsc::Sender<()>, released: &std::sync::Mutex<mpsc::Receiver<()>>) {
        begun.send(()).unwrap();
        // Ends when the other side is dropped.
        let _ = released.lock().unwrap().recv();
    }
}

impl ToolRunner for Holding {
    fn run(&self, _: &str, _: ToolCall) -> BoxFuture<'static, Result<String, String>> {
        let (how, begun, released) = (self.how, self.begun.clone(), self.released.clone());
        if how == Holds::Before {
            Self::block(&begun, &released);
        }
        Box::pin(async move {
            match how {
                Holds::Within => Self::block(&begun, &released),
                _ => {
                    let _ = begun.send(());
                    std::future::pending::<()>().await;
                }
            }
            Ok(String::new())
        })
    }

    fn approve(&self, _: &str, _: ApprovalRequest) -> Option<BoxFuture<'static, Verdict>> {
        Self::block(&self.begun, &self.released);
        None
    }
}

fn tool_that(how: Holds) -> BoxFuture<'static, Hog> {
    Box::pin(async move {
        let (gateway, plugin) = pair().await;
        gateway.push(Answer::new().call("c1", "hog", "{}"));
        let (begun, wait) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let runner = Holding {
            how,
            begun,
            released: Arc::new(std::sync::Mutex::new(released)),
        };
        let approval = match how {
            Holds::Approver => Approval::Asker,
            _ => Approval::None,
        };
        let request = TurnRequest {
            level: Level::Act,
            tools: vec![Tool {
                name: "hog".to_owned(),
                description: String::new(),
                parameters: r#"{"type":"object"}"#.to_owned(),
                level: Level::ReadOnly,
                approval,
            }],
            ..TurnRequest::new("hi")
        };
        let turn = plugin.ask_with(request, Arc::new(runner));
        tokio::task::spawn_blocking(move || wait.recv().unwrap())
            .await
            .unwrap();
        Hog {
            plugin,
            turn,
            _kept: Box::new((gateway, release)),
        }
    })
}

/// The turn is held by this test, which reads none of its events.
fn unread() -> BoxFuture<'static, Hog> {
    let event = delta("and so on and so on ").repeat(500);
    plays(
        Scene::wire("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            .and_forever(event),
    )
}

const HOGS: [(&str, Start); 17] = [
    ("chunks of a byte", || {
        floods("{sse}{chunked}{forever {chunk :}}")
    }),
    ("empty lines", || {
        floods(r"{sse}{chunked}{forever {chunk \n}}")
    }),
    ("comments", || floods(r"{sse}\r\n{forever : alive\n\n}")),
    ("an endless line", || {
        floods(r"{sse}\r\ndata: {forever xxxxxxxx}")
    }),
    ("interim answers", || {
        floods(r"{forever HTTP/1.1 100 C\r\n\r\n}")
    }),
    ("an endless head", || floods("{sse}X-A: {forever bbbbbbbb}")),
    ("trailers", || {
        floods(r"{sse}{chunked}0\r\n{forever X-A: b\r\n}")
    }),
    ("silence", || plays(Scene::never_answer())),
    ("a gateway that does not read", is_deaf),
    ("a component that computes", || component("spin")),
    ("a component that never ends", || component("never end")),
    ("a component that floods", || component("flood")),
    ("a tool that blocks", || tool_that(Holds::Before)),
    ("a tool whose future blocks", || tool_that(Holds::Within)),
    ("a tool that never ends", || tool_that(Holds::NeverEnds)),
    ("an approver that blocks", || tool_that(Holds::Approver)),
    ("events that nobody reads", unread),
];

/// What is asked meanwhile.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Status,
    Cancel,
    Quit,
}

impl Asked {
    /// Resolves when it has been answered. The turn is over, but for the status.
    async fn of(self, hog: &Hog) {
        match self {
            // A status may say that the component was stopped; what counts is that it says something.
            Self::Status => drop(hog.plugin.status().await),
            Self::Cancel => hog.turn.cancel(),
            Self::Quit => hog.plugin.close().await,
        }
    }
}

#[test]
fn status_cancel_and_quit_answer_soon_whatever_hogs() {
    source();
    // The gateways have a thread of their own, as they have in life.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let mut answers = 0;
    let mut slowest = (Duration::ZERO, String::new());
    for (name, start) in HOGS {
        for asked in [Asked::Status, Asked::Cancel, Asked::Quit] {
            let what = format!("{asked:?} beside {name}");
            runtime.block_on(async {
                let hog = within(start()).await;
                let begun = Instant::now();
                let answered = tokio::time::timeout(SOON, asked.of(&hog)).await;
                answered.unwrap_or_else(|_| panic!("{what} is not answered"));
                let Hog { turn, plugin, .. } = hog;
                if !matches!(asked, Asked::Status) {
                    let end = tokio::time::timeout(SOON, turn.reply()).await;
                    end.unwrap_or_else(|_| panic!("{what}: the turn goes on"))
                        .unwrap_err();
                }
                let took = begun.elapsed();
                if took > slowest.0 {
                    slowest = (took, what.clone());
                }
                let closed = tokio::time::timeout(SOON, plugin.close()).await;
                closed.unwrap_or_else(|_| panic!("{what}: it cannot be closed"));
            });
            answers += 1;
        }
    }
    let hogs = HOGS.len();
    let (took, what) = slowest;
    openclaw_tests::resources::count(&format!(
        "starvation: {hogs} hogs, {answers} answers in time, the slowest after {} ms ({what})",
        took.as_millis()
    ));
}
