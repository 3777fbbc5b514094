//! Conversion between [`super::Config`] and the generated `config` record of `wit/`.

/// Converts a value to its `wit/` type.
#[doc(hidden)]
#[macro_export]
macro_rules! value_to_wit {
    (Ms $value:expr) => {
        $crate::bindings::Times::millis($value)
    };
    ($kind:ident $value:expr) => {
        $value.clone().into()
    };
}

/// Converts a value from its `wit/` type.
#[doc(hidden)]
#[macro_export]
macro_rules! value_from_wit {
    (Ms $value:expr) => {
        ::core::time::Duration::from_millis($value)
    };
    ($kind:ident $value:expr) => {
        $value.into()
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! config_bindings {
    (
        $gateway:ident, $guards:ident,
        Config { $($field:ident ($($wit:ident)?): $kind:ident = $default:expr, $about:tt;)* }
        Limits { $($limit:ident ($limit_wit:ident): $limit_kind:ident = $limit_default:expr, $limit_about:tt;)* }
        Timeouts { $($time:ident ($time_wit:ident): $time_kind:ident = $time_default:expr, $time_about:tt;)* }
        Files $files:tt
    ) => {
        impl From<&$crate::config::Config> for $gateway::Config {
            fn from(config: &$crate::config::Config) -> Self {
                use $crate::config::ExposeSecret as _;
                let token = &config.gateway_bearer_token;
                let endpoint = |url: &str, token: &$crate::config::SecretString| $gateway::Endpoint {
                    url: url.into(),
                    bearer_token: token.expose_secret().into(),
                };
                let backup_token = config.gateway_backup_bearer_token.as_ref().unwrap_or(token);
                Self {
                    primary: endpoint(&config.gateway_primary_url, token),
                    backup: config.gateway_backup_url.as_ref().map(|url| endpoint(url, backup_token)),
                    $($($wit: $crate::value_to_wit!($kind config.$field),)?)*
                    limits: $guards::Limits {
                        $($limit_wit: $crate::value_to_wit!($limit_kind config.limits.$limit),)*
                    },
                    $($time_wit: $crate::value_to_wit!($time_kind config.timeouts.$time),)*
                }
            }
        }

        impl From<$gateway::Config> for $crate::config::Config {
            fn from(config: $gateway::Config) -> Self {
                let backup = config.backup.map(|backup| (backup.url, backup.bearer_token.into()));
                let (gateway_backup_url, gateway_backup_bearer_token) = backup.unzip();
                Self {
                    gateway_primary_url: config.primary.url,
                    gateway_bearer_token: config.primary.bearer_token.into(),
                    gateway_backup_url,
                    gateway_backup_bearer_token,
                    $($($field: $crate::value_from_wit!($kind config.$wit),)?)*
                    limits: $crate::config::Limits {
                        $($limit: $crate::value_from_wit!($limit_kind config.limits.$limit_wit),)*
                    },
                    timeouts: $crate::config::Timeouts {
                        $($time: $crate::value_from_wit!($time_kind config.$time_wit),)*
                    },
                }
            }
        }
    };
}
