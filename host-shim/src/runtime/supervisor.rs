//! Starts, replaces and configures instances; holds what outlives them.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use openclaw_core::fault::{Fault, FaultCode};
use openclaw_core::locale::{Locale, say};
use tokio::sync::{mpsc, oneshot};
use wasmtime::component::Component;
use wasmtime::{Engine, Store, UpdateDeadline};

use super::bindings::{Plugin as Guest, PluginPre as GuestPre};
use super::callers_code::CallersCode;
use super::host::{self, Host, Runners, Supplies};
use super::inbox::Inbox;
use super::origins::{origins, secrets};
use super::pending::Pending;
use super::stderr::Secrets;
use super::watchdog::{Meter, Watchdog};
use super::{Command, convert, heap};
use crate::builder::PluginBuilder;
use crate::component::{LoadError, Loaded, first_line};
use crate::config::{Config, ConfigError};
use crate::http::{AllowList, HttpClient};
use crate::plugin::{closed, locale_of};
use crate::snapshot::Snapshot;
use crate::tools::ToolRunner;
use crate::workspace::Workspace;

/// Watchdog checks per compute budget. A measurement begins up to one check late and ends up to one late.
const LOOKS: u32 = 16;

/// Longest time between two checks.
const LONGEST_TICK: Duration = Duration::from_millis(100);

/// Processor time for which callers wait while the component computes.
const UNANSWERED: Duration = Duration::from_millis(400);

/// Processor time after which a computing component is stopped if a turn was cancelled. All other turns end with it.
const UNHEEDED: Duration = Duration::from_millis(800);

/// A running component.
pub(super) struct Instance {
    pub(super) store: Store<Host>,
    pub(super) guest: Guest,
    /// Its initial memory in bytes.
    pub(super) memory_bytes: usize,
}

/// Why an instance could not be started.
pub(super) enum InstanceError {
    /// It cannot be instantiated.
    Unusable(String),
    /// It trapped on the config.
    Trapped(String),
    /// It refused the config.
    Config(ConfigError),
}

impl std::fmt::Display for InstanceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unusable(why) | Self::Trapped(why) => f.write_str(why),
            Self::Config(error) => error.fmt(f),
        }
    }
}

/// Why an instance is replaced or closed.
pub(super) enum Exit {
    /// The plugin was closed, or all handles are gone.
    Closed(Option<oneshot::Sender<()>>),
    /// It has grown, or holds a call that never ends; a new one continues with its state.
    Worn,
    /// It trapped, or broke its contract.
    Trapped(String),
}

/// What outlives the instances.
pub(super) struct Supervisor {
    pub(super) inbox: Arc<Inbox>,
    engine: Engine,
    guest: GuestPre<Host>,
    pub(super) supplies: Supplies,
    pub(super) allowed: AllowList,
    pub(super) runner: Option<Arc<dyn ToolRunner>>,
    budget: Duration,
    pub(super) pending: Pending,
    pub(super) config: RefCell<Option<Config>>,
    pub(super) snapshot: RefCell<Option<Vec<u8>>>,
    /// Held while a turn is handed to the component. Calls that find the instance busy are made by wasmtime in the
    /// order of its own numbers, so that turns would not join the queue in the order asked.
    pub(super) entering: tokio::sync::Mutex<()>,
    /// Running turns and diagnoses.
    pub(super) asking: Cell<usize>,
    /// Longest duration that a current turn may have, by patience, queue wait included and waiting for approval not.
    pub(super) longest_turn: Cell<[Duration; 2]>,
    /// Longest time that a current turn may wait for approval, all its waits together.
    pub(super) longest_wait: Cell<Duration>,
    /// The instance holds a call that never ends.
    pub(super) worn: Cell<bool>,
    /// Something large was processed since memory was last returned to the system.
    pub(super) large: Cell<bool>,
}

/// Whether this host can run a component.
///
/// # Errors
///
/// As [`link`].
pub(crate) fn check_link(engine: &Engine, component: &Component) -> wasmtime::Result<()> {
    link(engine, component).map(drop)
}

/// Links a component with what this host supplies.
///
/// # Errors
///
/// It imports something else, or exports something in another form.
fn link(engine: &Engine, component: &Component) -> wasmtime::Result<GuestPre<Host>> {
    let linker = host::linker(engine)?;
    linker.instantiate_pre(component).and_then(GuestPre::new)
}

impl Supervisor {
    /// The supervisor and its first instance, which has accepted the config.
    pub(super) async fn start(
        builder: PluginBuilder,
        loaded: Loaded,
        commands: mpsc::UnboundedReceiver<Command>,
    ) -> Result<(Self, Instance), LoadError> {
        let Loaded {
            engine,
            component,
            info,
        } = loaded;
        let other_world = |error: wasmtime::Error| LoadError::OtherWorld {
            what: builder.source.name(),
            expected: info.world.clone(),
            why: first_line(&error),
        };
        let guest = link(&engine, &component).map_err(&other_world)?;
        let what = builder.source.name();
        let locale = locale_of(builder.config.as_ref());
        let tick = (builder.compute_budget / LOOKS).clamp(Duration::from_millis(1), LONGEST_TICK);
        let watchdog = Watchdog::start(engine.clone(), tick).map_err(LoadError::Thread)?;
        let allowed = AllowList::default();
        let supervisor = Self {
            inbox: Arc::new(Inbox::new(commands)),
            engine,
            guest,
            supplies: Supplies {
                memory: builder.memory,
                clock: builder.clock,
                runners: Runners::default(),
                http: HttpClient::new(allowed.clone()),
                secrets: Secrets::default(),
                meter: Meter::new(watchdog),
                threads: CallersCode::default(),
                memory_cap: builder.memory_cap,
                workspace: Workspace::new(builder.workspace),
                disk: CallersCode::default(),
            },
            allowed,
            runner: builder.runner,
            budget: builder.compute_budget,
            pending: Pending::default(),
            config: RefCell::new(None),
            snapshot: RefCell::new(None),
            entering: tokio::sync::Mutex::new(()),
            asking: Cell::new(0),
            longest_turn: Cell::default(),
            longest_wait: Cell::new(Duration::ZERO),
            worn: Cell::new(false),
            large: Cell::new(false),
        };
        let instance = match builder.config {
            None => supervisor.instance(None, None).await,
            Some(config) => {
                let origins = origins(&config)?;
                supervisor.supplies.secrets.add(secrets(&config));
                let instance = supervisor.first_instance(&config, builder.snapshot).await;
                if instance.is_ok() {
                    supervisor.allowed.set(origins);
                    supervisor.take_config(config);
                }
                instance
            }
        };
        match instance {
            Ok(instance) => Ok((supervisor, instance)),
            Err(InstanceError::Config(error)) => Err(error.into()),
            Err(InstanceError::Unusable(why)) => Err(LoadError::Unusable { what, why }),
            Err(InstanceError::Trapped(why)) => {
                Err(Fault::new(FaultCode::PluginTrapped, locale, why).into())
            }
        }
    }

    /// Runs until the plugin is closed; returns whom to notify.
    pub(super) async fn run(self, mut instance: Instance) -> Option<oneshot::Sender<()>> {
        loop {
            match self.serve_instance(instance).await {
                Exit::Closed(answer) => return self.end(answer),
                Exit::Worn => {}
                Exit::Trapped(why) => {
                    if let Some(answer) = self.inbox.closing() {
                        return self.end(Some(answer));
                    }
                    tracing::error!(why, "the component trapped; a new instance takes over");
                    self.fail_pending(&why);
                }
            }
            self.supplies.runners.clear();
            self.inbox.end_all();
            self.asking.set(0);
            self.worn.set(false);
            self.large.set(false);
            // The instance is gone, with its memory and everything in flight.
            heap::give_back();
            instance = loop {
                match self.renew().await {
                    Ok(instance) => break instance,
                    // One attempt per command, whose caller learns the reason.
                    Err(why) => match self.inbox.next().await {
                        None => return None,
                        Some(Command::Close(answer)) => return Some(answer),
                        Some(command) => self.refuse(command, &why),
                    },
                }
            };
        }
    }

    /// Ends what waits, since the plugin is closed.
    fn end(&self, answer: Option<oneshot::Sender<()>>) -> Option<oneshot::Sender<()>> {
        // Stop accepting commands first; queued ones are dropped, which closes them.
        self.inbox.close();
        self.fail_all(&closed(self.locale()));
        answer
    }

    /// Fails everything that waits for the component; turns that were cancelled end as such.
    fn fail_pending(&self, why: &str) {
        let locale = self.locale();
        let words = say!(locale,
            en: "cancelled; the component was restarted meanwhile",
            zh: "已取消；其间组件已重启");
        self.pending
            .fail_gone(&Fault::new(FaultCode::Cancelled, locale, words));
        self.fail_all(&Fault::new(FaultCode::PluginTrapped, locale, why));
    }

    fn fail_all(&self, fault: &Fault) {
        self.pending.fail_all(fault);
        self.inbox.fail_statuses(fault);
    }

    /// Answers a command without a component.
    fn refuse(&self, command: Command, why: &str) {
        match command {
            Command::Ask(turn) => drop(self.pending.add_turn(turn.end, turn.gone)),
            Command::Status(answer) => drop(self.pending.add(answer)),
            Command::Diagnose(_, answer) => drop(self.pending.add(answer)),
            Command::Decide(_, answer) => drop(self.pending.add(answer)),
            Command::Reset(answer) => drop(self.pending.add(answer)),
            Command::Snapshot(answer) => drop(self.pending.add(answer)),
            Command::Configure(_, answer) => drop(self.pending.add(answer)),
            Command::Close(_) => {}
        }
        self.fail_pending(why);
    }

    /// The first instance, with the guard state of an earlier plugin if it accepts that.
    async fn first_instance(
        &self,
        config: &Config,
        snapshot: Option<Snapshot>,
    ) -> Result<Instance, InstanceError> {
        let Some(snapshot) = snapshot else {
            return self.instance(Some(config), None).await;
        };
        self.supplies.clock.catch_up(snapshot.clock_now());
        let guards = snapshot.guards;
        match self.instance(Some(config), Some(guards.clone())).await {
            Ok(instance) => {
                self.snapshot.replace(Some(guards));
                Ok(instance)
            }
            // Another component may use another format. If the config is at fault, the next attempt shows it.
            Err(_) => {
                tracing::warn!("the component rejected the snapshot; the guards start fresh");
                self.instance(Some(config), None).await
            }
        }
    }

    /// The next instance, with the state of the last one if it accepts that.
    async fn renew(&self) -> Result<Instance, String> {
        let config = self.config.borrow().clone();
        let snapshot = self.snapshot.borrow().clone();
        let renewed = match (
            &snapshot,
            self.instance(config.as_ref(), snapshot.clone()).await,
        ) {
            // The config was accepted before, so the snapshot is at fault.
            (Some(_), Err(error @ (InstanceError::Config(_) | InstanceError::Trapped(_)))) => {
                tracing::error!(%error, "the guard state is lost: breakers and counters start fresh");
                self.snapshot.replace(None);
                self.instance(config.as_ref(), None).await
            }
            (_, renewed) => renewed,
        };
        renewed.map_err(|error| error.to_string())
    }

    /// A new instance that has accepted the config, if there is one.
    async fn instance(
        &self,
        config: Option<&Config>,
        carry: Option<Vec<u8>>,
    ) -> Result<Instance, InstanceError> {
        let meter = &self.supplies.meter;
        let mut store = Store::new(&self.engine, Host::new(self.supplies.clone()));
        store.limiter(|host| &mut host.limiter);
        store.set_epoch_deadline(1);
        let (watched, inbox, budget) = (meter.clone(), self.inbox.clone(), self.budget);
        store.epoch_deadline_callback(move |_| {
            let computed = watched.computed();
            if computed >= budget {
                wasmtime::bail!("the component computed for over {budget:?} without a pause");
            }
            if computed >= UNANSWERED
                && let Some(why) = inbox.look(computed >= UNHEEDED)
            {
                wasmtime::bail!("the component was stopped: {why}");
            }
            Ok(UpdateDeadline::Continue(1))
        });

        let instance = async {
            let guest = self
                .guest
                .instantiate_async(&mut store)
                .await
                .map_err(|error| InstanceError::Unusable(self.trap_message(&error)))?;
            if let Some(config) = config {
                let config = config.into();
                let configure = async |accessor: &_| {
                    guest
                        .astr_openclaw_gateway()
                        .call_configure(accessor, config, carry)
                        .await
                };
                store
                    .run_concurrent(configure)
                    .await
                    .flatten()
                    .map_err(|error| InstanceError::Trapped(self.trap_message(&error)))?
                    .map_err(|error| InstanceError::Config(convert::config_error(error)))?;
            }
            let memory_bytes = store.data().limiter.memory_bytes();
            Ok(Instance {
                store,
                guest,
                memory_bytes,
            })
        };
        meter.resuming(instance).await
    }

    /// Serves commands with one instance until it must be replaced.
    async fn serve_instance(&self, mut instance: Instance) -> Exit {
        let guest = &instance.guest;
        let baseline = instance.memory_bytes;
        let serving = instance
            .store
            .run_concurrent(async |accessor| self.serve(accessor, guest, baseline).await);
        match self.supplies.meter.resuming(serving).await {
            Ok(exit) => exit,
            Err(error) => Exit::Trapped(self.trap_message(&error)),
        }
    }

    /// The text of a trap, secrets masked.
    pub(super) fn trap_message(&self, error: &wasmtime::Error) -> String {
        self.supplies.secrets.mask(&first_line(error))
    }

    /// The language of messages.
    pub(super) fn locale(&self) -> Locale {
        locale_of(self.config.borrow().as_ref())
    }
}
