//! Patterns that identify errors; each list is searched in order.

use super::words::Said::{self, *};

/// By code or type, matched as whole words.
pub(super) const CODES: &[(Said, &[&str])] = &[
    (Attribution, &["proxy_attribution"]),
    (
        Overload,
        &[
            "rate_limit_",
            "ratelimit",
            "overload",
            "throttl",
            "capacity",
            "slow_down",
            "resource_exhausted",
            " 529 ",
        ],
    ),
    (
        Quota,
        &[
            "quota",
            "balance",
            "billing",
            "credit",
            "arrear",
            "overdue",
            "payment",
            "usage_limit",
            " 402 ",
        ],
    ),
    (
        Key,
        &[
            "api_key",
            "apikey",
            "authentication_error",
            "invalid_authentication",
            "permission_error",
            "deactivated",
            "unauthenticated",
        ],
    ),
    (
        Context,
        &[
            "context_length",
            "context_window",
            "contextwindow",
            "too_long",
            "string_above_max",
            "max_tokens",
        ],
    ),
    (
        Country,
        &[
            "country",
            "territory",
            "unsupported_region",
            "region_not",
            "unsupported_location",
        ],
    ),
    (
        Filtered,
        &[
            "content_filter",
            "content_policy",
            "moderation",
            "inspection_failed",
            "prohibited_content",
        ],
    ),
    (
        Model,
        &[
            "model_not",
            "modelnot",
            "invalid_model",
            "unknown_model",
            "unsupported_model",
            "model_deprecated",
            "deploymentnotfound",
            "deployment_not",
        ],
    ),
    (
        Provider,
        &[
            "upstream",
            "provider",
            "bad_response_status",
            "do_request_failed",
        ],
    ),
    (TooLarge, &["request_too_large", "payload_too_large"]),
    (Tool, &["tool_conflict", "duplicate_tool"]),
    (Scope, &["scope", "pairing"]),
    (Token, &[" unauthorized "]),
    (Limited, &["rate_limited", "too_many_requests"]),
    (Wait, &["starting", "draining", "shutting_down"]),
];

/// The gateway's own failures, which it reports under any code.
pub(super) const OWN: &[(Said, &[&str])] = &[
    (
        Disk,
        &[
            "enospc",
            "no space left",
            "edquot",
            "disk quota",
            "disk is full",
            "sqlite_full",
        ],
    ),
    (
        ReadOnly,
        &[
            "erofs",
            "read-only file system",
            "eacces",
            "eperm",
            "readonly database",
        ],
    ),
    (
        Lock,
        &[
            "session store lock",
            "session file locked",
            "session lock",
            "database is locked",
            "sqlite_busy",
        ],
    ),
    (
        Exhausted,
        &[
            "enomem",
            "emfile",
            "enfile",
            "heap out of memory",
            "cannot allocate memory",
            "too many open files",
        ],
    ),
    (
        Wait,
        &[
            "gateway starting",
            "is starting",
            "starting up",
            "draining",
            "shutting down",
            "restarting",
            "warming up",
            "not ready",
            "正在启动",
        ],
    ),
];

/// By message, in lower case.
pub(super) const PHRASES: &[(Said, &[&str])] = &[
    (Tool, &["invalid tool configuration"]),
    (Agent, &["unknown agent"]),
    (
        Https,
        &["sent to https port", "http request to an https server"],
    ),
    (Attribution, &["client attribution is required"]),
    (Scope, &["missing scope", "pairing required"]),
    (
        Quota,
        &[
            "insufficient balance",
            "insufficient_quota",
            "quota",
            "billing",
            "credit balance",
            "out of credit",
            "usage limit",
            "余额",
            "额度",
            "欠费",
        ],
    ),
    (
        Overload,
        &[
            "overloaded",
            "rate limit reached",
            "rate_limit",
            "rate limit exceeded",
            "tokens per min",
            "requests per min",
            "at capacity",
            "too many requests",
            "过载",
            "限流",
            "负载",
        ],
    ),
    (
        Country,
        &[
            "country, region",
            "in your country",
            "in your region",
            "location is not supported",
        ],
    ),
    (
        Context,
        &[
            "context length",
            "context window",
            "context_length",
            "context size",
            "prompt is too long",
            "too many tokens",
            "上下文",
        ],
    ),
    (Key, &["api key", "api_key", "x-api-key", "密钥"]),
    (
        Filtered,
        &[
            "content filter",
            "content policy",
            "content management policy",
            "敏感",
        ],
    ),
    (Provider, &["upstream", "provider"]),
];

/// Phrases for a model that does not exist.
pub(super) const MISSING: &[&str] = &[
    "not found",
    "not exist",
    "no such",
    "not supported",
    "not available",
    "unknown model",
    "no available channel",
    "no access",
    "does not have access",
    "不存在",
    "无可用渠道",
    "未找到",
];
