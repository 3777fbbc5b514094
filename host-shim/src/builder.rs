//! Configures and starts a plugin.

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

/// Default of [`PluginBuilder::compute_budget`].
const DEFAULT_COMPUTE_BUDGET: Duration = Duration::from_secs(5);

/// Configures and starts a [`Plugin`].
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
    pub(crate) workspace: Option<PathBuf>,
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
            workspace: None,
        }
    }
}

impl PluginBuilder {
    /// The component to run. Default: the embedded one.
    pub fn component(mut self, source: ComponentSource) -> Self {
        self.source = source;
        self
    }

    /// The config. Without one the plugin starts, and every turn ends with `config_invalid` until
    /// [`Plugin::configure`] sets one.
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// The source of memory readings. Default: [`SystemMemory`].
    pub fn memory(mut self, source: impl MemorySource + 'static) -> Self {
        self.memory = Arc::new(source);
        self
    }

    /// The clock of the guards. Default: the real one.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Runs the tools of turns without a runner of their own. Default: none.
    pub fn tool_runner(mut self, runner: Arc<dyn ToolRunner>) -> Self {
        self.runner = Some(runner);
        self
    }

    /// Memory limit of the component in bytes; exceeding it traps. Default and maximum: 128 MiB, enough
    /// for the largest turns.
    pub fn memory_cap(mut self, bytes: usize) -> Self {
        self.memory_cap = bytes.min(MEMORY_RESERVATION);
        self
    }

    /// How long the component may compute without waiting before it is stopped, in processor time. Default:
    /// 5 s. Once it has computed for half a second, cancelling a turn or closing the plugin stops it too, and `status`
    /// says that it computes.
    pub fn compute_budget(mut self, budget: Duration) -> Self {
        self.compute_budget = budget;
        self
    }

    /// Folder for compiled components; must belong to this user. Created if missing. If it is not
    /// writable, the component is recompiled at every start. Default: none.
    pub fn cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(dir.into());
        self
    }

    /// Guard state of an earlier plugin to continue from; needs a config. State of gateways whose
    /// address is not in the config is dropped. If the component rejects the snapshot, that is logged
    /// and the guards start fresh.
    pub fn snapshot(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(snapshot);
        self
    }

    /// The folder where the gateway's agents make files, if this machine shares it. Only regular files in it are read,
    /// and no links are followed. Newer gateways need none: they hand out files themselves. Default: none.
    pub fn workspace(mut self, root: impl Into<PathBuf>) -> Self {
        self.workspace = Some(root.into());
        self
    }

    /// Loads the component, starts its thread and applies the config.
    ///
    /// # Errors
    ///
    /// The component cannot be loaded, traps, or refuses the config; or the thread cannot be started.
    pub async fn build(self) -> Result<Plugin, LoadError> {
        Plugin::start(self).await
    }
}
