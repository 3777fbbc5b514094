//! Files that an agent makes, as in `wit/workspace.wit`.

/// Why a file of the workspace cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The host has no root.
    NoRoot,
    /// Nothing at this path within the root, or a link on the way to it.
    NotFound,
    /// Not a regular file.
    NotRegular,
    /// More bytes than wanted.
    TooLarge,
    /// The system does not let the host read it.
    Unreadable,
}

/// `From`, both ways, between [`OpenError`] and the bindings of the `workspace` interface, given as a module.
#[macro_export]
macro_rules! workspace_bindings {
    ($($workspace:ident)::+) => {
        $crate::same_cases!($crate::workspace::OpenError, $($workspace)::+::OpenError { NoRoot, NotFound, NotRegular, TooLarge, Unreadable });
    };
}
