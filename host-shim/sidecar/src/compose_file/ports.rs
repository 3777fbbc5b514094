//! Published ports, in the short and the long form.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde_json::Value;

/// Who reaches a published port.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// This machine only.
    Loopback,
    /// Other machines too.
    Beyond,
    /// The address is not known, such as one of a variable without a value.
    Unknown,
}

/// One published port, or a range of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Who reaches it.
    pub reach: Reach,
    /// On the host; `None` where the engine picks one.
    pub host: Option<RangeInclusive<u16>>,
    /// In the container.
    pub inside: RangeInclusive<u16>,
    /// Whether it is TCP.
    pub tcp: bool,
    /// As written, with variables substituted.
    pub shown: String,
}

impl Port {
    /// Reads one entry of `ports`; `None` if it is none that is known.
    pub fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => short(text),
            Value::Number(number) => short(&number.to_string()),
            Value::Object(_) => long(value),
            _ => None,
        }
    }

    /// The host port that leads to this port in the container; `None` if there is none or the engine
    /// picks it.
    pub fn leads_to(&self, inside: u16) -> Option<u16> {
        let host = self.host.as_ref().filter(|_| self.tcp)?;
        if !self.inside.contains(&inside) {
            return None;
        }
        let length = |range: &RangeInclusive<u16>| range.end() - range.start();
        if length(host) != length(&self.inside) {
            // One port of a range; the engine picks which.
            return (length(host) == 0).then_some(*host.start());
        }
        host.start().checked_add(inside - self.inside.start())
    }
}

fn short(text: &str) -> Option<Port> {
    let (rest, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
    let (rest, inside) = match rest.rsplit_once(':') {
        Some((rest, inside)) => (Some(rest), inside),
        None => (None, rest),
    };
    let (address, host) = match rest {
        None => (None, None),
        Some(rest) => match rest.rsplit_once(':') {
            Some((address, host)) => (Some(address), Some(host)),
            None => (None, Some(rest)),
        },
    };
    let host = match host {
        None | Some("") => None,
        Some(host) => Some(range(host)?),
    };
    Some(Port {
        reach: reach(address),
        host,
        inside: range(inside)?,
        tcp: protocol.eq_ignore_ascii_case("tcp"),
        shown: text.to_owned(),
    })
}

fn long(value: &Value) -> Option<Port> {
    let text = |key: &str| match value.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let (host, inside) = (text("published"), text("target")?);
    let address = text("host_ip");
    let shown = [address.as_deref(), host.as_deref(), Some(&inside)];
    Some(Port {
        reach: reach(address.as_deref()),
        host: match host.as_deref() {
            None | Some("") => None,
            Some(host) => Some(range(host)?),
        },
        inside: range(&inside)?,
        tcp: text("protocol").is_none_or(|protocol| protocol.eq_ignore_ascii_case("tcp")),
        shown: shown.into_iter().flatten().collect::<Vec<_>>().join(":"),
    })
}

fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some(first..=last)
}

fn reach(address: Option<&str>) -> Reach {
    // No address means all addresses.
    let Some(address) = address.filter(|address| !address.is_empty()) else {
        return Reach::Beyond;
    };
    let address = address.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(six)) if six.to_ipv4_mapped().is_some_and(|four| four.is_loopback()) => {
            Reach::Loopback
        }
        Ok(address) if address.is_loopback() => Reach::Loopback,
        Ok(_) => Reach::Beyond,
        Err(_) => Reach::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // Report F24: ports in the short and the long form, with addresses, ranges and protocols.
    #[test]
    fn ports_are_read_in_every_form() {
        for (written, reach, leads) in [
            (json!("127.0.0.1:18790:18789"), Reach::Loopback, Some(18790)),
            (
                json!("127.0.0.2:18790:18789/tcp"),
                Reach::Loopback,
                Some(18790),
            ),
            (json!("[::1]:18790:18789"), Reach::Loopback, Some(18790)),
            (json!("::1:18790:18789"), Reach::Loopback, Some(18790)),
            (json!("18790:18789"), Reach::Beyond, Some(18790)),
            (json!("0.0.0.0:18790:18789"), Reach::Beyond, Some(18790)),
            (json!("[::]:18790:18789"), Reach::Beyond, Some(18790)),
            (json!("192.168.1.5:18790:18789"), Reach::Beyond, Some(18790)),
            (json!("18789"), Reach::Beyond, None),
            (json!(18789), Reach::Beyond, None),
            (json!("127.0.0.1::18789"), Reach::Loopback, None),
            (
                json!("127.0.0.1:18000-18010:18780-18790"),
                Reach::Loopback,
                Some(18009),
            ),
            (json!("127.0.0.1:18000-18010:18789"), Reach::Loopback, None),
            (json!("127.0.0.1:18790:18789/udp"), Reach::Loopback, None),
            (json!("127.0.0.1:18790:18790"), Reach::Loopback, None),
            (json!("localhost:18790:18789"), Reach::Unknown, Some(18790)),
            (
                json!({"target": 18789, "published": 18790}),
                Reach::Beyond,
                Some(18790),
            ),
            (
                json!({"target": 18789, "published": "18790", "host_ip": "127.0.0.1"}),
                Reach::Loopback,
                Some(18790),
            ),
            (
                json!({"target": "18789", "host_ip": "::1"}),
                Reach::Loopback,
                None,
            ),
            (
                json!({"target": 18789, "published": 1, "protocol": "udp"}),
                Reach::Beyond,
                None,
            ),
        ] {
            let port = Port::read(&written).unwrap();
            assert_eq!(
                (port.reach.clone(), port.leads_to(18789)),
                (reach, leads),
                "{written}"
            );
        }
        for bad in [
            json!("x:18789"),
            json!("127.0.0.1:${PORT}:18789"),
            json!("70000:1"),
            json!(null),
            json!({}),
            json!("5-1:5-1"),
        ] {
            assert_eq!(Port::read(&bad), None, "{bad}");
        }
    }
}
