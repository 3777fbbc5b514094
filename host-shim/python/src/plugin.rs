//! The plugin as Python sees it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use host_shim::{
    Attachment, ComponentSource, Config, ConfigError, LoadError, Locale, MAX_ATTACHMENT_BYTES,
    Snapshot, TurnRequest,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors;
use crate::fork_guard::ForkGuard;
use crate::mailbox::{Finish, Mailbox, Operation};
use crate::tools::Runner;
use crate::turn::Turn;

/// The longest that `status` and `reset` wait for the component. It answers in microseconds,
/// unless it is computing at this very moment.
const SYNC_WAIT: Duration = Duration::from_millis(20);

/// A running plugin.
#[pyclass(frozen, module = "astr_openclaw._native")]
pub(crate) struct Plugin {
    inner: ForkGuard<host_shim::Plugin>,
    last_status: Mutex<String>,
}

#[pymethods]
impl Plugin {
    /// Asks the gateway. `request`: the JSON of a turn request; `attachments`: media type, file
    /// name and content of each; `limits`: seconds that a tool may run, by name. Tool calls and
    /// wake-ups come into the mailbox under `key`.
    fn ask(
        &self,
        request: &str,
        attachments: Vec<(String, String, Bound<'_, PyBytes>)>,
        limits: HashMap<String, f64>,
        mailbox: &Mailbox,
        key: u64,
    ) -> PyResult<Turn> {
        let plugin = self.inner.get()?;
        let outbox = mailbox.outbox()?;
        let mut request: TurnRequest = serde_json::from_str(request)
            .map_err(|e| PyValueError::new_err(format!("the turn cannot be asked: {e}")))?;
        request.attachments = attachments
            .into_iter()
            .map(|(media_type, filename, data)| Attachment {
                media_type,
                filename,
                data: data.as_bytes().to_vec(),
            })
            .collect();
        request.runner = Some(Arc::new(Runner {
            outbox: outbox.clone(),
            turn: key,
            tickets: AtomicU64::new(0),
            // Neither negative, nor too long to be a time: that is no limit.
            limits: limits
                .into_iter()
                .filter_map(|(name, seconds)| {
                    let limit = Duration::try_from_secs_f64(seconds.max(0.0)).ok()?;
                    Some((name, limit))
                })
                .collect(),
        }));
        Ok(Turn::new(plugin.ask(request), outbox, key))
    }

    /// The JSON of what the guards know, and whether it is of now: if the component is computing
    /// and cannot answer at once it is what it last said.
    fn status(&self, py: Python<'_>) -> PyResult<(String, bool)> {
        let plugin = self.inner.get()?.clone();
        let answer = py.detach(|| wait_briefly(async move { plugin.status().await }));
        let mut last = self
            .last_status
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let fresh = match answer {
            Some(Ok(status)) => {
                *last = errors::json(&status)?;
                true
            }
            Some(Err(fault)) => return Err(errors::fault(&fault)?),
            None => false,
        };
        Ok((last.clone(), fresh))
    }

    /// Closes the breakers.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        let plugin = self.inner.get()?.clone();
        match py.detach(|| wait_briefly(async move { plugin.reset().await })) {
            // Not answered yet: the command is on its way and needs nobody who waits for it.
            Some(Ok(())) | None => Ok(()),
            Some(Err(fault)) => Err(errors::fault(&fault)?),
        }
    }

    /// Looks at memory, breakers and gateways; the result is JSON. `locale`: `en` or `zh`.
    fn diagnose(&self, locale: Option<&str>) -> PyResult<Operation> {
        let plugin = self.inner.get()?.clone();
        let locale = locale.map(parse_locale).transpose()?;
        Ok(Operation::new(async move {
            let outcome = plugin.diagnose(locale).await;
            finish(move |py| match outcome {
                Ok(diagnosis) => to_python(py, errors::json(&diagnosis)?),
                Err(fault) => Err(errors::fault(&fault)?),
            })
        }))
    }

    /// The guards' state, as the bytes that `load` takes.
    fn snapshot(&self) -> PyResult<Operation> {
        let plugin = self.inner.get()?.clone();
        Ok(Operation::new(async move {
            let outcome = plugin.snapshot().await;
            finish(move |py| match outcome {
                Ok(snapshot) => Ok(PyBytes::new(py, &snapshot.to_bytes()).into_any().unbind()),
                Err(fault) => Err(errors::fault(&fault)?),
            })
        }))
    }

    /// Sets another config: its JSON or TOML text.
    fn configure(&self, config: &str) -> PyResult<Operation> {
        let plugin = self.inner.get()?.clone();
        let config = read_config(Some(config), None).map_err(errors::config)?;
        Ok(Operation::new(async move {
            let outcome = plugin.configure(config).await;
            finish(move |py| match outcome {
                Ok(()) => Ok(py.None()),
                Err(host_shim::ConfigureError::Invalid(error)) => Err(errors::config(error)),
                Err(host_shim::ConfigureError::Fault(fault)) => Err(errors::fault(&fault)?),
            })
        }))
    }

    /// Ends the plugin: every turn is cancelled; later calls fail with `cancelled`.
    fn close(&self) -> PyResult<Operation> {
        let plugin = self.inner.get()?.clone();
        Ok(Operation::new(async move {
            plugin.close().await;
            finish(|py| Ok(py.None()))
        }))
    }

    /// The JSON of what is known about the component.
    fn component(&self) -> PyResult<String> {
        errors::json(self.inner.get()?.component_info())
    }
}

/// Loads and starts a plugin: an artifact, together with the hash of the component that it was made
/// of. The config comes as text (JSON or TOML), as a file, or else from the environment.
/// `snapshot`: what an earlier plugin's `snapshot` gave.
#[pyfunction]
#[pyo3(signature = (*, artifact, wasm_sha256, config_text=None, config_file=None, snapshot=None))]
pub(crate) fn load(
    artifact: PathBuf,
    wasm_sha256: String,
    config_text: Option<&str>,
    config_file: Option<PathBuf>,
    snapshot: Option<&[u8]>,
) -> PyResult<Operation> {
    let config = read_config(config_text, config_file).map_err(errors::config)?;
    let source = ComponentSource::Precompiled {
        path: artifact,
        wasm_sha256: Some(wasm_sha256),
    };
    let mut builder = host_shim::Plugin::builder()
        .config(config)
        .component(source);
    if let Some(bytes) = snapshot {
        let snapshot = Snapshot::from_bytes(bytes);
        builder = builder.snapshot(snapshot.map_err(|e| PyValueError::new_err(e.to_string()))?);
    }
    Ok(Operation::new(async move {
        let outcome = async {
            let plugin = builder.build().await?;
            // So that there is one to tell, however busy the machine is.
            let status = plugin.status().await?;
            Ok::<_, LoadError>((plugin, status))
        };
        let outcome = outcome.await;
        finish(move |py| match outcome {
            Ok((plugin, status)) => {
                let plugin = Plugin {
                    inner: ForkGuard::new(plugin),
                    last_status: Mutex::new(errors::json(&status)?),
                };
                Ok(Py::new(py, plugin)?.into_any())
            }
            Err(LoadError::Config(error)) => Err(errors::config(error)),
            Err(LoadError::Fault(fault)) => Err(errors::fault(&fault)?),
            Err(error) => Err(errors::load(&error)),
        })
    }))
}

/// The media type, name and content of a file that can be attached and has at most so many bytes.
#[pyfunction]
#[pyo3(signature = (path, room))]
pub(crate) fn read_attachment(
    py: Python<'_>,
    path: PathBuf,
    room: Option<u64>,
) -> PyResult<(String, String, Py<PyBytes>)> {
    let room = room.unwrap_or(MAX_ATTACHMENT_BYTES);
    let attachment = py
        .detach(|| Attachment::from_path_within(path, room))
        .map_err(|e| PyValueError::new_err(e.to_string()))?;
    let data = PyBytes::new(py, &attachment.data).unbind();
    Ok((attachment.media_type, attachment.filename, data))
}

fn read_config(text: Option<&str>, file: Option<PathBuf>) -> Result<Config, ConfigError> {
    let loader = Config::loader();
    match (text, file) {
        (Some(text), _) => loader.text(text)?,
        (None, Some(file)) => loader.file(file)?,
        (None, None) => loader.process_env()?,
    }
    .finish()
}

pub(crate) fn parse_locale(name: &str) -> PyResult<Locale> {
    match name {
        "en" => Ok(Locale::En),
        "zh" => Ok(Locale::Zh),
        _ => Err(PyValueError::new_err(format!(
            "unknown locale `{name}`; allowed are en and zh"
        ))),
    }
}

fn finish(f: impl FnOnce(Python<'_>) -> crate::mailbox::Outcome + Send + 'static) -> Finish {
    Box::new(f)
}

fn to_python(py: Python<'_>, text: String) -> PyResult<Py<PyAny>> {
    Ok(text.into_pyobject(py)?.into_any().unbind())
}

/// Waits for a future on this thread for at most [`SYNC_WAIT`].
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
