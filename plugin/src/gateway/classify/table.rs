//! The classification table: the first matching row decides. The status comes first; the body decides where
//! it is more specific, and a page only where the status says nothing (200, 404, 405).

use super::why;
use super::words::Said::{self, *};
use crate::fault::Why;
use crate::prelude::*;
use openclaw_core::fault::FaultCode;

/// A row of the table.
pub struct Row {
    /// Inclusive ranges of statuses.
    statuses: &'static [(u16, u16)],
    when: When,
    /// The classification.
    pub why: Why,
}

/// The properties of an answer that decide.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub status: u16,
    pub said: Said,
    /// The body is an HTML page.
    pub page: bool,
    /// From a proxy: a page, a phrase that proxies use, or an empty body with a proxy's `Server` header.
    pub proxy: bool,
    /// A response object that failed.
    pub failed: bool,
    /// A JSON error of any kind.
    pub error: bool,
    pub compressed: bool,
    pub allows_post: bool,
    pub wants_login: bool,
}

/// The condition besides the status.
#[derive(Clone, Copy)]
enum When {
    Always,
    Says(Said),
    Page,
    Proxy,
    Login,
    AllowsPost,
    Failed,
    Error,
    Compressed,
}

impl When {
    fn holds(self, facts: &Facts) -> bool {
        match self {
            Self::Always => true,
            Self::Says(what) => facts.said == what,
            Self::Page => facts.page,
            Self::Proxy => facts.proxy,
            Self::Login => facts.wants_login || facts.page,
            Self::AllowsPost => facts.allows_post,
            Self::Failed => facts.failed,
            Self::Error => facts.error,
            Self::Compressed => facts.compressed,
        }
    }

    /// Description for the reference.
    fn words(self) -> &'static str {
        match self {
            Self::Always => "",
            Self::Says(what) => what.words(),
            Self::Page => "a web page",
            Self::Proxy => "not JSON, and a proxy's page, words or `Server`",
            Self::Login => "a web page, or `WWW-Authenticate` other than Bearer",
            Self::AllowsPost => "`Allow` has POST",
            Self::Failed => "a response with the status `failed` or `cancelled`",
            Self::Error => "an error in JSON, or an error event",
            Self::Compressed => "compressed, although the request takes `identity` only",
        }
    }
}

const fn row(statuses: &'static [(u16, u16)], when: When, why: Why) -> Row {
    Row {
        statuses,
        when,
        why,
    }
}

const fn plain(statuses: &'static [(u16, u16)], when: When, code: FaultCode) -> Row {
    row(statuses, when, Why::plain(code))
}

/// For bodies of 200 responses, and for events in a stream.
const OK: (u16, u16) = (200, 200);
const ERRORS: &[(u16, u16)] = &[OK, (400, 599)];
const FAILS: &[(u16, u16)] = &[OK, (500, 599)];

/// Treated as unclear unless a response had started.
const INTERNAL: Why = Why {
    code: FaultCode::GatewayError,
    ..why::EITHER
};

/// The classification table.
pub static TABLE: &[Row] = &[
    row(&[(413, 413)], When::Proxy, why::PROXY_SIZE),
    plain(&[(413, 413)], When::Always, FaultCode::RequestTooLarge),
    row(&[(407, 407), (511, 511)], When::Always, why::PROXY_LOGIN),
    row(&[(300, 399)], When::Always, why::REDIRECT),
    row(&[OK], When::Compressed, why::COMPRESSED),
    // The provider's own errors, whoever reports them and with whatever status.
    row(ERRORS, When::Says(Quota), why::QUOTA),
    row(ERRORS, When::Says(Key), why::KEY),
    row(ERRORS, When::Says(Overload), why::OVERLOAD),
    row(ERRORS, When::Says(Context), why::CONTEXT),
    row(ERRORS, When::Says(Country), why::COUNTRY),
    row(ERRORS, When::Says(Model), why::MODEL),
    row(ERRORS, When::Says(Filtered), why::FILTERED),
    plain(ERRORS, When::Says(Provider), FaultCode::ModelProviderFailed),
    row(ERRORS, When::Says(Tool), why::TOOL),
    row(ERRORS, When::Says(Agent), why::AGENT),
    // The gateway's own errors.
    row(FAILS, When::Says(Disk), why::DISK),
    row(FAILS, When::Says(ReadOnly), why::READ_ONLY),
    row(FAILS, When::Says(Lock), why::LOCK),
    row(FAILS, When::Says(Exhausted), why::EXHAUSTED),
    row(FAILS, When::Says(Wait), why::WAIT),
    row(&[OK, (400, 403)], When::Says(Attribution), why::ATTRIBUTION),
    row(&[OK, (401, 403)], When::Says(Scope), why::SCOPE),
    plain(&[OK], When::Says(Token), FaultCode::AuthFailed),
    plain(&[OK], When::Says(Limited), FaultCode::RateLimited),
    plain(&[OK], When::Says(TooLarge), FaultCode::RequestTooLarge),
    plain(FAILS, When::Says(BadRequest), FaultCode::RequestRejected),
    // Then the status.
    row(&[(401, 401)], When::Login, why::PROXY_LOGIN),
    plain(&[(401, 401)], When::Always, FaultCode::AuthFailed),
    row(&[(402, 402)], When::Always, why::QUOTA),
    row(&[(403, 403)], When::Always, why::FORBIDDEN),
    row(&[OK, (404, 405)], When::Page, why::PAGE),
    plain(&[(405, 405)], When::AllowsPost, FaultCode::ProtocolError),
    plain(
        &[(404, 405)],
        When::Always,
        FaultCode::ResponsesEndpointNotEnabledOrNotFound,
    ),
    row(&[(408, 408)], When::Always, why::UPLOAD_SLOW),
    row(
        &[(414, 414), (431, 431), (494, 494)],
        When::Always,
        why::HEAD_SIZE,
    ),
    plain(&[(421, 421)], When::Always, FaultCode::ProtocolError),
    row(&[(429, 429)], When::Proxy, why::PROXY_LIMIT),
    plain(&[(429, 429)], When::Always, FaultCode::RateLimited),
    row(&[(451, 451)], When::Always, why::COUNTRY),
    row(&[(400, 400), (497, 497)], When::Says(Https), why::USE_HTTPS),
    row(&[(400, 499)], When::Proxy, why::PROXY_REFUSES),
    plain(&[(400, 499)], When::Always, FaultCode::RequestRejected),
    row(FAILS, When::Says(Unclear), why::EITHER),
    row(FAILS, When::Says(Internal), INTERNAL),
    plain(FAILS, When::Failed, FaultCode::ModelProviderFailed),
    row(
        &[(504, 504), (522, 522), (524, 524)],
        When::Always,
        why::PROXY_SLOW,
    ),
    row(&[(525, 526)], When::Always, why::PROXY_TLS),
    row(
        &[(520, 523), (527, 527), (530, 530)],
        When::Always,
        why::PROXY_DOWN,
    ),
    row(&[(529, 529)], When::Always, why::OVERLOAD),
    row(&[(507, 507)], When::Always, why::DISK),
    row(&[(500, 599)], When::Proxy, why::PROXY_DOWN),
    row(&[(503, 503)], When::Always, why::WAIT),
    plain(&[(500, 599)], When::Always, FaultCode::GatewayError),
    plain(&[OK], When::Error, FaultCode::GatewayError),
    plain(&[(0, 999)], When::Always, FaultCode::ProtocolError),
];

/// The first matching row.
pub(super) fn find(facts: &Facts) -> &'static Row {
    let fits = |row: &&Row| {
        let within = |(first, last): &(u16, u16)| (*first..=*last).contains(&facts.status);
        row.statuses.iter().any(within) && row.when.holds(facts)
    };
    // The last row matches everything.
    TABLE.iter().find(fits).unwrap_or(&TABLE[TABLE.len() - 1])
}

impl Row {
    /// The statuses, for the reference.
    pub fn statuses(&self) -> String {
        let range = |(first, last): &(u16, u16)| match (first, last) {
            (0, _) => "any other".to_owned(),
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}-{last}"),
        };
        let ranges: Vec<String> = self.statuses.iter().map(range).collect();
        ranges.join(", ")
    }

    /// The condition besides the status, for the reference; may be empty.
    pub fn when(&self) -> &'static str {
        self.when.words()
    }
}
