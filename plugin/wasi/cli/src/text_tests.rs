use super::*;
use crate::bindings::astr::openclaw::{guards, types};
use crate::json;

fn a_fault() -> Fault {
    Fault {
        code: types::FaultCode::RateLimited,
        message: "slow\u{1b}[2J down".to_owned(),
        cause: "why".to_owned(),
        remedy: "wait.".to_owned(),
        partial_text: String::new(),
        retry_after_ms: Some(1500),
        http_status: Some(429),
    }
}

fn a_state(unreadable: bool) -> State {
    State {
        breakers: vec![guards::Breaker {
            gateway: types::GatewayName::Primary,
            state: BreakerState::Open,
            failures: 2,
            retry_after_ms: 59_001,
        }],
        memory: guards::Memory {
            available: (!unreadable).then_some(300 << 20),
            total: (!unreadable).then_some(1000 << 20),
            bounded_by: (!unreadable).then_some(Bound::Container),
            estimated: None,
            unreadable: unreadable.then(|| "no /proc".to_owned()),
            level_cap: types::Level::ReadOnly,
            heavy_allowed: false,
        },
        in_flight: 0,
        queued: 0,
        counters: guards::Counters {
            turns: 1,
            completed: 0,
            failed: 1,
            refused: 0,
            cancelled: 0,
            tool_calls: 0,
            tool_denials: 0,
        },
    }
}

#[test]
fn a_fault_tells_what_happened_why_and_what_to_do_and_cannot_move_the_cursor() {
    assert_eq!(
        fault(Locale::En, &a_fault()),
        "error[rate_limited]: slow\u{fffd}[2J down\n  cause: why\n  \
         remedy: wait. Again possible in 2 s.\n"
    );
    assert!(fault(Locale::Zh, &a_fault()).contains("可在 2 秒后重试"));
}

#[test]
fn a_fault_as_json_has_the_session_protocols_fields() {
    let json = json::end(&Err(a_fault()));
    assert_eq!(json["event"], "fault");
    assert_eq!(json["code"], "rate_limited");
    assert_eq!(json["retry_after_seconds"], 1.5);
    assert_eq!(json["http_status"], 429);
    assert!(json.get("partial_text").is_none());
}

#[test]
fn events_as_json_have_the_session_protocols_names() {
    use types::{Event, Notice, NoticeCode, ToolCall, ToolOutcome};

    let notice = Notice {
        code: NoticeCode::LevelLowered,
        text: "L1".to_owned(),
    };
    let call = ToolCall {
        id: "c".to_owned(),
        name: "n".to_owned(),
        arguments: "{}".to_owned(),
    };
    let json = |event| json::event(&event).map(|value| value.to_string());
    assert_eq!(
        json(Event::Delta("hi".to_owned())).as_deref(),
        Some(r#"{"event":"delta","id":1,"text":"hi"}"#)
    );
    assert_eq!(
        json(Event::Notice(notice)).as_deref(),
        Some(r#"{"code":"level_lowered","event":"notice","id":1,"text":"L1"}"#)
    );
    assert_eq!(
        json(Event::ToolStarted(call)).as_deref(),
        Some(r#"{"arguments":{},"call":"c","event":"tool-call","id":1,"name":"n"}"#)
    );
    assert!(
        json::event(&Event::ToolEnded(ToolOutcome {
            id: "c".to_owned(),
            succeeded: true
        }))
        .is_none()
    );
}

#[test]
fn a_wrong_setting_names_its_variable() {
    let text = config_error(Locale::En, "gateway_primary_url", "`x` has no scheme");
    assert!(text.contains("OPENCLAW_GATEWAY_URL"), "{text}");
    assert!(
        text.starts_with("error[config_invalid]: gateway_primary_url:"),
        "{text}"
    );
}

#[test]
fn low_memory_is_said() {
    assert_eq!(
        status(Locale::En, &a_state(false)),
        "memory            300 MiB available of 1000 MiB (container)\n\
         heavy tasks       refused\n\
         highest level     L1\n\
         breaker           open, a trial in 60 s\n\
         turns             0 running, 0 waiting\n\
         so far            1 asked: 0 completed, 1 failed, 0 refused, 0 cancelled; tools: 0 run, 0 denied\n"
    );
    let text = status(Locale::Zh, &a_state(true));
    assert!(
        text.starts_with("内存              无法读取：no /proc\n"),
        "{text}"
    );
}

#[test]
fn status_as_json_has_the_session_protocols_fields() {
    let json = json::status(&a_state(false));
    assert_eq!(json["memory"]["available_mib"], 300);
    assert_eq!(json["memory"]["bound"], "container");
    assert_eq!(json["memory"]["level_cap"], "L1");
    assert_eq!(json["breakers"]["primary"]["state"], "open");
    assert_eq!(json["breakers"]["primary"]["retry_after_seconds"], 59.001);
    assert_eq!(json["counters"]["failed"], 1);
    let json = json::status(&a_state(true));
    assert!(json["memory"]["available_mib"].is_null());
    assert_eq!(json["memory"]["unreadable"], "no /proc");
}

#[test]
fn the_diagnosis_shows_cause_and_remedy_of_what_is_wrong_once() {
    let check = |name: &str, wrong| Check {
        name: name.to_owned(),
        wrong,
        detail: "seen".to_owned(),
        cause: "why".to_owned(),
        remedy: "do".to_owned(),
    };
    let checks = [
        check("memory", None),
        check("token-primary", Some(types::FaultCode::AuthFailed)),
        check("token-backup", Some(types::FaultCode::AuthFailed)),
    ];
    assert_eq!(
        diagnosis(Locale::En, &checks),
        "✓ memory           seen\n\
         ✗ token-primary    auth_failed: seen\n    cause: why\n    remedy: do\n\
         ✗ token-backup     auth_failed: seen\n"
    );
    assert_eq!(json::diagnosis(&checks)["ok"], false);
    assert_eq!(json::diagnosis(&checks)["checks"][1]["code"], "auth_failed");
    assert_eq!(json::diagnosis(&checks[..1])["ok"], true);
}

#[test]
fn the_help_lists_every_exit_code_that_the_command_has() {
    for locale in [Locale::En, Locale::Zh] {
        let help = help(locale);
        for code in FaultCode::ALL {
            let line = match code {
                FaultCode::PluginTrapped => continue,
                FaultCode::ConfigInvalid => "config_invalid".to_owned(),
                code => format!("{:>3}  {code}\n", code.exit_code()),
            };
            assert!(help.contains(&line), "{code}");
        }
    }
}
