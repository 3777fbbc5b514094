//! Errors of the library as Python exceptions. The classes are in the package's `errors.py`, so
//! that they have docstrings and attributes; these here only carry the facts.

use host_shim::{ConfigError, Fault, LoadError};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::json;

pyo3::create_exception!(
    astr_openclaw,
    RawFault,
    pyo3::exceptions::PyException,
    "The JSON of a fault."
);
pyo3::create_exception!(
    astr_openclaw,
    RawConfigError,
    pyo3::exceptions::PyException,
    "The JSON of what is wrong with a config: `key` and `message`."
);
pyo3::create_exception!(
    astr_openclaw,
    RawLoadError,
    pyo3::exceptions::PyException,
    "The JSON of why a component cannot be run: `kind` and `message`."
);

pub(crate) fn json(value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value).map_err(|e| PyValueError::new_err(e.to_string()))
}

pub(crate) fn fault(fault: &Fault) -> PyResult<PyErr> {
    Ok(RawFault::new_err(json(fault)?))
}

pub(crate) fn config(error: ConfigError) -> PyErr {
    RawConfigError::new_err(json!({ "key": error.key, "message": error.message }).to_string())
}

pub(crate) fn load(error: &LoadError) -> PyErr {
    let kind = match error {
        LoadError::Unreadable { .. } => "unreadable",
        LoadError::NotAComponent { .. } => "not_a_component",
        LoadError::OtherWorld { .. } => "other_world",
        LoadError::Artifact { .. } => "artifact",
        _ => "unusable",
    };
    RawLoadError::new_err(json!({ "kind": kind, "message": error.to_string() }).to_string())
}
