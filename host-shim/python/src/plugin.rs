//! The plugin as Python sees it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use host_shim::{
    Attachment, ComponentSource, Config, ConfigLoader, Fault, FaultCode, LoadError, Locale,
    MAX_ATTACHMENT_BYTES, Snapshot, TurnRequest,
};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::errors::{self, Raised};
use crate::fork_guard::ForkGuard;
use crate::mailbox::{Mailbox, Operation, decider};
use crate::tools::Runner;
use crate::turn::Turn;

/// How long `status` and `reset` wait for the component, which answers in microseconds unless it is busy.
const SYNC_WAIT: Duration = Duration::from_millis(20);

/// A running plugin.
#[pyclass(frozen, module = "astr_openclaw._native")]
pub(crate) struct Plugin {
    inner: ForkGuard<host_shim::Plugin>,
    last_status: Mutex<String>,
}

#[pymethods]
impl Plugin {
    /// Starts a turn. `request`: the JSON of a turn request; `attachments`: media type, file name and content;
    /// `limits`: seconds per tool name; `approves`: whether approval requests are asked through the mailbox.
    /// Tool calls, approval requests and wake-ups arrive in the mailbox under `key`.
    fn ask(
        &self,
        request: &str,
        attachments: Vec<(String, String, Bound<'_, PyBytes>)>,
        limits: HashMap<String, f64>,
        approves: bool,
        mailbox: &Mailbox,
        key: u64,
    ) -> PyResult<Turn> {
        let plugin = self.inner.get()?;
        let outbox = mailbox.outbox()?;
        let mut request: TurnRequest = serde_json::from_str(request)
            .map_err(|error| value_error(format!("the turn cannot be asked: {error}")))?;
        request.attachments = attachments
            .into_iter()
            .map(|(media_type, filename, data)| Attachment {
                media_type,
                filename,
                data: data.as_bytes().to_vec(),
            })
            .collect();
        let runner = Arc::new(Runner {
            outbox: outbox.clone(),
            turn: key,
            tickets: AtomicU64::new(0),
            // Negative is zero; too large for a duration is no limit.
            limits: limits
                .into_iter()
                .filter_map(|(name, seconds)| {
                    let limit = Duration::try_from_secs_f64(seconds.max(0.0)).ok()?;
                    Some((name, limit))
                })
                .collect(),
            approves,
        });
        Ok(Turn::new(plugin.ask_with(request, runner), outbox, key))
    }

    /// The JSON of the guards' state, and whether it is fresh: if the component is busy, it is the last known
    /// state.
    fn status(&self, py: Python<'_>) -> PyResult<(String, bool)> {
        let plugin = self.inner.get()?.clone();
        let answer = py
            .detach(|| wait_briefly(async move { plugin.status().await }))
            // What the host says for a component that computes without a pause.
            .filter(|answer| !matches!(answer, Err(fault) if fault.code == FaultCode::Busy));
        let mut last = self
            .last_status
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let fresh = answer.is_some();
        if let Some(status) = answer {
            *last = errors::json(&status.map_err(Raised::from)?)?;
        }
        Ok((last.clone(), fresh))
    }

    /// Closes the breakers.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        let plugin = self.inner.get()?.clone();
        // None: no answer yet. The command has been sent; nobody needs to wait for it.
        let answer = py.detach(|| wait_briefly(async move { plugin.reset().await }));
        Ok(answer.unwrap_or(Ok(())).map_err(Raised::from)?)
    }

    /// Runs the diagnosis; the result is JSON. `locale`: `en` or `zh`.
    fn diagnose(&self, locale: Option<&str>) -> PyResult<Operation> {
        let plugin = self.inner.get()?.clone();
        let locale = locale.map(parse_locale).transpose()?;
        Ok(Operation::new(
            async move { plugin.diagnose(locale).await },
            |py, diagnosis| errors::json(&diagnosis)?.into_py_any(py),
        ))
    }

    /// Decides about a pending approval request.
    fn decide(
        &self,
        turn_id: String,
        request_id: String,
        approve: bool,
        by: &Bound<'_, PyString>,
        role: &str,
    ) -> PyResult<Operation> {
        let plugin = self.inner.get()?.clone();
        let by = decider(by, role)?;
        Ok(Operation::new(
            async move {
                let decided = plugin.decide(&turn_id, &request_id, approve, by).await;
                decided.map_err(|error| Raised::undecided(error, plugin.locale()))
            },
            |py, ()| ().into_py_any(py),
        ))
    }

    /// The guards' state, as bytes for `load`.
    fn snapshot(&self) -> PyResult<Operation> {
        let plugin = self.inner.get()?.clone();
        Ok(Operation::new(
            async move { plugin.snapshot().await },
            |py, snapshot| PyBytes::new(py, &snapshot.to_bytes()).into_py_any(py),
        ))
    }

    /// Replaces the config with this JSON or TOML text.
    fn configure(&self, config: &str) -> PyResult<Operation> {
        let plugin = self.inner.get()?.clone();
        let config = read_config(Some(config), None)?;
        Ok(Operation::new(
            async move { plugin.configure(config).await },
            |py, ()| ().into_py_any(py),
        ))
    }

    /// Cancels every turn; later calls fail with `cancelled`.
    fn close(&self) -> PyResult<Operation> {
        let plugin = self.inner.get()?.clone();
        Ok(Operation::new(
            async move {
                plugin.close().await;
                Ok::<_, Fault>(())
            },
            |py, ()| ().into_py_any(py),
        ))
    }

    /// The JSON of the facts about the component.
    fn component(&self) -> PyResult<String> {
        errors::json(self.inner.get()?.component_info())
    }
}

/// Loads a plugin from an artifact, with the hash of the component that it was made from. The config is a text
/// (JSON or TOML), a file, or else the environment. `snapshot`: the result of an earlier plugin's `snapshot`.
/// `workspace`: the folder of the agents' files.
#[pyfunction]
#[pyo3(signature = (*, artifact, wasm_sha256, config_text=None, config_file=None, snapshot=None, workspace=None))]
pub(crate) fn load(
    artifact: PathBuf,
    wasm_sha256: String,
    config_text: Option<&str>,
    config_file: Option<PathBuf>,
    snapshot: Option<&[u8]>,
    workspace: Option<PathBuf>,
) -> PyResult<Operation> {
    let mut builder = host_shim::Plugin::builder()
        .config(read_config(config_text, config_file)?)
        .component(ComponentSource::Precompiled {
            path: artifact,
            wasm_sha256: Some(wasm_sha256),
        });
    if let Some(bytes) = snapshot {
        builder = builder.snapshot(Snapshot::from_bytes(bytes).map_err(value_error)?);
    }
    if let Some(folder) = workspace {
        builder = builder.workspace(folder);
    }
    Ok(Operation::new(
        async {
            let plugin = builder.build().await?;
            // So that there always is a last known state.
            let status = plugin.status().await?;
            Ok::<_, LoadError>((plugin, status))
        },
        |py, (plugin, status)| {
            let plugin = Plugin {
                inner: ForkGuard::new(plugin),
                last_status: Mutex::new(errors::json(&status)?),
            };
            plugin.into_py_any(py)
        },
    ))
}

/// Media type, name and content of a file to attach. `room`: the most bytes it may have.
#[pyfunction]
#[pyo3(signature = (path, room))]
pub(crate) fn read_attachment(
    py: Python<'_>,
    path: PathBuf,
    room: Option<u64>,
) -> PyResult<(String, String, Py<PyBytes>)> {
    let room = room.unwrap_or(MAX_ATTACHMENT_BYTES);
    let attachment = py
        .detach(|| host_shim::read_attachment(path, room))
        .map_err(value_error)?;
    let data = PyBytes::new(py, &attachment.data).unbind();
    Ok((attachment.media_type, attachment.filename, data))
}

fn read_config(text: Option<&str>, file: Option<PathBuf>) -> PyResult<Config> {
    let loader = ConfigLoader::new();
    let loader = match (text, file) {
        (Some(text), _) => loader.text(text),
        (None, Some(file)) => loader.file(file),
        (None, None) => loader.process_env(),
    };
    let config = loader.and_then(|loader| loader.finish());
    Ok(config.map_err(Raised::from)?)
}

pub(crate) fn parse_locale(name: &str) -> PyResult<Locale> {
    name.parse().map_err(value_error)
}

pub(crate) fn value_error(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Blocks on a future for at most [`SYNC_WAIT`].
fn wait_briefly<T>(future: impl Future<Output = T>) -> Option<T> {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = std::pin::pin!(future);
    let until = Instant::now() + SYNC_WAIT;
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(value);
        }
        let left = until.checked_duration_since(Instant::now())?;
        std::thread::park_timeout(left);
    }
}
