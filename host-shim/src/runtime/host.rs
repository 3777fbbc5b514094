//! The component's imports.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openclaw_core::turn::bounded_output;
use openclaw_core::workspace::OpenError;
use tracing::Instrument as _;
use wasmtime::component::{Accessor, HasData, Linker, ResourceTable};
use wasmtime_wasi::p2::bindings as p2;
use wasmtime_wasi::p3::bindings::clocks::monotonic_clock;
use wasmtime_wasi::{HostMonotonicClock, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::bindings::astr::openclaw::{memory_stat, tools, types, workspace};
use super::callers_code::{CallersCode, Lost};
use super::limiter::Limiter;
use super::stderr::{Log, Secrets};
use super::watchdog::Meter;
use crate::clock::Clock;
use crate::http::HttpClient;
use crate::memory::MemorySource;
use crate::tools::ToolRunner;
use crate::workspace::Workspace;

/// The tool runners of current turns, by turn id.
#[derive(Clone, Default)]
pub(super) struct Runners(Arc<Mutex<HashMap<String, Arc<dyn ToolRunner>>>>);

impl Runners {
    pub(super) fn add(&self, turn: &str, runner: Arc<dyn ToolRunner>) {
        self.lock().insert(turn.to_owned(), runner);
    }

    pub(super) fn remove(&self, turn: &str) {
        self.lock().remove(turn);
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn get(&self, turn: &str) -> Option<Arc<dyn ToolRunner>> {
        self.lock().get(turn).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<dyn ToolRunner>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What every instance shares.
#[derive(Clone)]
pub(super) struct Supplies {
    pub(super) memory: Arc<dyn MemorySource>,
    pub(super) clock: Clock,
    pub(super) runners: Runners,
    pub(super) http: HttpClient,
    pub(super) secrets: Secrets,
    pub(super) meter: Meter,
    pub(super) threads: CallersCode,
    pub(super) memory_cap: usize,
    pub(super) workspace: Workspace,
    /// For its files: a disk that hangs leaves the tools their threads.
    pub(super) disk: CallersCode,
}

/// The store data of an instance.
pub(super) struct Host {
    supplies: Supplies,
    pub(super) limiter: Limiter,
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
}

impl Host {
    /// No environment, no arguments, no files, no sockets.
    pub(super) fn new(supplies: Supplies) -> Self {
        let wasi = WasiCtx::builder()
            .monotonic_clock(Monotonic(supplies.clock.clone()))
            .stderr(Log::new(supplies.secrets.clone()))
            .build();
        Self {
            limiter: Limiter::new(supplies.memory_cap),
            supplies,
            table: ResourceTable::new(),
            wasi,
            http: WasiHttpCtx::new(),
        }
    }
}

/// Everything that a plugin may import: its world, and the parts of WASI 0.2 that Rust's standard
/// library always imports. (It sees no files: no folder is preopened.)
pub(super) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<Host>> {
    use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
    use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView as _};
    use wasmtime_wasi::random::{WasiRandom, WasiRandomView as _};

    let mut linker = Linker::new(engine);
    let l = &mut linker;
    memory_stat::add_to_linker::<_, Imports>(l, |host| host)?;
    tools::add_to_linker::<_, Imports>(l, |host| host)?;
    workspace::add_to_linker::<_, Imports>(l, |host| host)?;
    monotonic_clock::add_to_linker::<_, Imports>(l, |host| host)?;
    wasmtime_wasi_http::p3::add_to_linker(l)?;
    // Standard input, output and error, clocks, randomness, streams.
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(l)?;
    p2::random::insecure_seed::add_to_linker::<_, WasiRandom>(l, Host::random)?;
    p2::cli::environment::add_to_linker::<_, WasiCli>(l, Host::cli)?;
    p2::cli::exit::add_to_linker::<_, WasiCli>(l, Host::cli)?;
    p2::cli::terminal_input::add_to_linker::<_, WasiCli>(l, Host::cli)?;
    p2::cli::terminal_output::add_to_linker::<_, WasiCli>(l, Host::cli)?;
    p2::cli::terminal_stdin::add_to_linker::<_, WasiCli>(l, Host::cli)?;
    p2::cli::terminal_stdout::add_to_linker::<_, WasiCli>(l, Host::cli)?;
    p2::cli::terminal_stderr::add_to_linker::<_, WasiCli>(l, Host::cli)?;
    p2::filesystem::types::add_to_linker::<_, WasiFilesystem>(l, Host::filesystem)?;
    p2::filesystem::preopens::add_to_linker::<_, WasiFilesystem>(l, Host::filesystem)?;
    Ok(linker)
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Host {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.supplies.http,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

/// The imports implemented here.
struct Imports;

impl HasData for Imports {
    type Data<'a> = &'a mut Host;
}

impl types::Host for &mut Host {}

impl memory_stat::Host for &mut Host {
    fn read(&mut self) -> Result<memory_stat::Sample, String> {
        let Supplies { memory, meter, .. } = &self.supplies;
        // A panic of the caller's code must not unwind through the component's frames.
        let sample = meter
            .host(|| catch_unwind(AssertUnwindSafe(|| memory.read())))
            .unwrap_or_else(|_| Err("the memory source panicked".to_owned()))?;
        Ok(sample.into())
    }
}

impl tools::Host for &mut Host {}

impl<T: 'static> tools::HostWithStore<T> for Imports {
    async fn run(
        accessor: &Accessor<T, Self>,
        turn_id: String,
        call: types::ToolCall,
    ) -> Result<String, String> {
        let (runner, threads) = accessor.with(|mut access| {
            let supplies = &access.get().supplies;
            (supplies.runners.get(&turn_id), supplies.threads.clone())
        });
        let Some(runner) = runner else {
            return Err("no tool runner is configured".to_owned());
        };
        let span = tracing::debug_span!("tool", turn = turn_id, name = call.name);
        let running = async move { runner.run(&turn_id, call.into()).await };
        let result = threads.run(running.instrument(span)).await;
        let result = result.unwrap_or_else(|lost| {
            Err(match lost {
                Lost::Panicked => "the tool panicked".to_owned(),
                Lost::NoThread => "too many tools are still blocked".to_owned(),
            })
        });
        // The component would refuse it too, but may lack the memory to hold it.
        bounded_output(result)
    }
}

impl workspace::Host for &mut Host {}

impl<T: 'static> workspace::HostWithStore<T> for Imports {
    async fn open(
        accessor: &Accessor<T, Self>,
        path: String,
        max_bytes: u64,
    ) -> Result<Vec<u8>, workspace::OpenError> {
        let (root, threads) = accessor.with(|mut access| {
            let supplies = &access.get().supplies;
            (supplies.workspace.clone(), supplies.disk.clone())
        });
        // A disk can be slow, and one of another machine can hang.
        let read = threads.run(async move { root.read(&path, max_bytes) });
        let read = read.await.unwrap_or(Err(OpenError::Unreadable));
        read.map_err(Into::into)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl monotonic_clock::Host for &mut Host {
    fn now(&mut self) -> wasmtime::Result<monotonic_clock::Mark> {
        Ok(nanos(self.supplies.clock.now()))
    }

    fn get_resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1)
    }
}

impl<T: 'static> monotonic_clock::HostWithStore<T> for Imports {
    async fn wait_until(accessor: &Accessor<T, Self>, when: u64) -> wasmtime::Result<()> {
        let clock = accessor.with(|mut access| access.get().supplies.clock.clone());
        clock.wait_until(Duration::from_nanos(when)).await;
        Ok(())
    }

    async fn wait_for(accessor: &Accessor<T, Self>, duration: u64) -> wasmtime::Result<()> {
        let clock = accessor.with(|mut access| access.get().supplies.clock.clone());
        let when = clock.now().saturating_add(Duration::from_nanos(duration));
        clock.wait_until(when).await;
        Ok(())
    }
}

/// The same clock for WASI 0.2, which the standard library's `Instant` reads.
struct Monotonic(Clock);

impl HostMonotonicClock for Monotonic {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        nanos(self.0.now())
    }
}
