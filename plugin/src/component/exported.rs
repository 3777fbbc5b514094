//! What `bindings::export!` looks into, with one function replaced.
//!
//! wit-bindgen 0.61 does not free the memory that the host has written an async export's parameters to, if they are too
//! many to be passed one by one: 120 bytes for each turn.

use super::bindings::exports::astr::openclaw::gateway as generated;
use alloc::alloc::{Layout, dealloc};

/// The layout of `ask`'s parameters by the canonical ABI: a `turn` and a handle.
const ASK: Layout = match Layout::from_size_align(116, 4) {
    Ok(layout) => layout,
    Err(_) => panic!(),
};

/// Starts a turn.
///
/// # Safety
///
/// For the host's call of the export: it has allocated `parameters` by `cabi_realloc` for this call.
pub(super) unsafe fn ask<T: generated::Guest>(parameters: *mut u8) -> i32 {
    // SAFETY: as for this function. The task has read them before it waited for the first time, and the host asked
    // for this layout.
    unsafe {
        let code = generated::_export_ask_cabi::<T>(parameters);
        dealloc(parameters, ASK);
        code
    }
}

/// The path that the macro names.
pub(super) mod exports {
    pub(in crate::component) mod astr {
        pub(in crate::component) mod openclaw {
            pub(in crate::component) use crate::component::bindings::exports::astr::openclaw::guards;

            pub(in crate::component) mod gateway {
                pub(in crate::component) use crate::component::bindings::exports::astr::openclaw::gateway::*;
                pub(in crate::component) use crate::component::exported::ask as _export_ask_cabi;
            }
        }
    }
}
