//! Errors of the library on their way to Python. The public exceptions, with docstrings and attributes, are in
//! the package's `errors.py`; the one raised here only carries JSON.

use host_shim::{ConfigError, ConfigureError, DecisionError, Fault, LoadError, Locale};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::Serialize;
use serde_json::json;

pyo3::create_exception!(
    astr_openclaw,
    NativeError,
    pyo3::exceptions::PyException,
    "`fault`, `config`, `decide` or `load`, and the JSON of the error."
);

/// An error on its way to Python.
pub(crate) struct Raised(PyErr);

impl From<Raised> for PyErr {
    fn from(raised: Raised) -> Self {
        raised.0
    }
}

impl From<Fault> for Raised {
    fn from(fault: Fault) -> Self {
        raised("fault", &fault)
    }
}

impl From<ConfigError> for Raised {
    fn from(error: ConfigError) -> Self {
        // Python knows the config's language, even of one that was rejected.
        let (en, zh) = (error.message(Locale::En), error.message(Locale::Zh));
        raised("config", &json!({ "key": error.key(), "en": en, "zh": zh }))
    }
}

impl From<ConfigureError> for Raised {
    fn from(error: ConfigureError) -> Self {
        match error {
            ConfigureError::Invalid(error) => error.into(),
            ConfigureError::Fault(fault) => fault.into(),
            error => {
                let text = error.to_string();
                raised("config", &json!({ "key": null, "en": text, "zh": text }))
            }
        }
    }
}

impl Raised {
    /// A decision that had no effect, with its message in this language.
    pub(crate) fn undecided(error: DecisionError, locale: Locale) -> Self {
        match error {
            DecisionError::Refused(error) => raised(
                "decide",
                &json!({ "code": error.as_str(), "message": error.message(locale) }),
            ),
            DecisionError::Fault(fault) => fault.into(),
            error => Self(PyValueError::new_err(error.to_string())),
        }
    }
}

impl From<LoadError> for Raised {
    fn from(error: LoadError) -> Self {
        let kind = match error {
            LoadError::Config(error) => return error.into(),
            LoadError::Fault(fault) => return fault.into(),
            LoadError::Unreadable { .. } => "unreadable",
            LoadError::NotAComponent { .. } => "not_a_component",
            LoadError::OtherWorld { .. } => "other_world",
            LoadError::Artifact { .. } => "artifact",
            _ => "unusable",
        };
        raised(
            "load",
            &json!({ "kind": kind, "message": error.to_string() }),
        )
    }
}

fn raised(kind: &'static str, fact: &impl Serialize) -> Raised {
    Raised(match json(fact) {
        Ok(fact) => NativeError::new_err((kind, fact)),
        Err(error) => error,
    })
}

/// A value as JSON text.
pub(crate) fn json(value: &impl Serialize) -> PyResult<String> {
    serde_json::to_string(value).map_err(|e| PyValueError::new_err(e.to_string()))
}
