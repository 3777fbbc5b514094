//! How a plugin is made.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::component::{ComponentSource, LoadError, MEMORY_RESERVATION};
use crate::config::Config;
use crate::memory::{MemorySource, SystemMemory};
use crate::plugin::Plugin;
use crate::snapshot::Snapshot;
use crate::tools::ToolRunner;

/// The component's own computing between two waits, unless told otherwise.
const DEFAULT_COMPUTE_BUDGET: Duration = Duration::from_secs(5);

/// Makes a [`Plugin`].
pub struct PluginBuilder {
    pub(crate) source: ComponentSource,
    pub(crate) config: Option<Config>,
    pub(crate) memory: Arc<dyn MemorySource>,
    pub(crate) clock: Clock,
    pub(crate) runner: Option<Arc<dyn ToolRunner>>,
    pub(crate) memory_cap: usize,
    pub(crate) compute_budget: Duration,
    pub(crate) cache_dir: Option<PathBuf>,
    pub(crate) snapshot: Option<Snapshot>,
}

impl Default for PluginBuilder {
    fn default() -> Self {
        Self {
            source: ComponentSource::Embedded,
            config: None,
            memory: Arc::new(SystemMemory),
            clock: Clock::real(),
            runner: None,
            memory_cap: MEMORY_RESERVATION,
            compute_budget: DEFAULT_COMPUTE_BUDGET,
            cache_dir: None,
            snapshot: None,
        }
    }
}

impl PluginBuilder {
    /// The component to run. Default: the one that is built into this library.
    pub fn component(mut self, source: ComponentSource) -> Self {
        self.source = source;
        self
    }

    /// The config. Without one the plugin works, and every turn ends with `config_invalid` until
    /// [`Plugin::configure`] sets one.
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// Where the available memory is read. Default: the system.
    pub fn memory(mut self, source: impl MemorySource + 'static) -> Self {
        self.memory = Arc::new(source);
        self
    }

    /// The clock that the guards see. Default: the real one.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Runs the tools of turns that bring no runner of their own.
    pub fn tool_runner(mut self, runner: Arc<dyn ToolRunner>) -> Self {
        self.runner = Some(runner);
        self
    }

    /// The most memory that the component may have, in bytes; at more it is stopped. Default:
    /// 128 MiB, which is what the largest turns need, and also the most that can be set.
    pub fn memory_cap(mut self, bytes: usize) -> Self {
        self.memory_cap = bytes.min(MEMORY_RESERVATION);
        self
    }

    /// How long the component may compute without waiting for anything before it is stopped.
    /// Default: 5 s.
    pub fn compute_budget(mut self, budget: Duration) -> Self {
        self.compute_budget = budget;
        self
    }

    /// A folder of this user's own where compiled components are kept. It is made if need be; one
    /// that cannot be written costs a compilation at every start and is no error. Default: none.
    pub fn cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(dir.into());
        self
    }

    /// The state of the guards of an earlier plugin, where this one is to go on. Only together with
    /// a config: what it says of a gateway at another address than the config's is forgotten. One
    /// that the component does not take is told in the log, and the guards begin anew.
    pub fn snapshot(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(snapshot);
        self
    }

    /// Loads the component, starts it on its thread and gives it the config.
    pub async fn build(self) -> Result<Plugin, LoadError> {
        Plugin::start(self).await
    }
}
