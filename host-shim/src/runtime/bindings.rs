//! The interfaces in `wit/`, generated. WASI's come from wasmtime's crates.

#![allow(missing_docs, reason = "generated; the documentation is in wit/")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "plugin",
    exports: { default: async | store },
    with: {
        "wasi:clocks": wasmtime_wasi::p3::bindings::clocks,
        "wasi:http": wasmtime_wasi_http::p3::bindings::http,
    },
});
