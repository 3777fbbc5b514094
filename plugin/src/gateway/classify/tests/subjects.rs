//! What an error is about. These tests are what cargo-mutants found missing (issue 15).

use super::super::words::Said::{self, *};
use super::*;

#[test]
fn what_words_are_about_depends_on_the_status_and_on_who_says_them() {
    const MODEL: &str = "model x not found";
    for (status, json, message, about) in [
        (404, true, MODEL, Model),
        (404, false, MODEL, Other),
        (404, true, "unknown agent", Agent),
        (404, true, "quota", Other),
        (403, true, "not in your country", Country),
        (403, false, "not in your country", Other),
        (403, true, "context length", Other),
        (401, true, "missing scope", Scope),
        (401, false, "missing scope", Other),
        (401, true, "quota", Other),
        (429, true, "quota", Quota),
        (429, true, "overloaded", Overload),
        (429, false, "quota", Other),
        (429, true, "missing scope", Other),
        (400, true, "context length", Context),
        (400, true, "quota", Other),
        (500, true, "internal error", Internal),
        (500, false, "internal error", Other),
        (500, true, "quota", Quota),
        (500, false, "quota", Other),
    ] {
        let said: Said = Words::plain(message.to_owned()).said(status, json);
        assert_eq!(said, about, "{status} {json} {message}");
    }
}

#[test]
fn each_mark_of_an_error_is_enough() {
    for (object, error) in [
        (r#"{"type":"error"}"#, true),
        (r#"{"object":"error"}"#, true),
        (r#"{"status":"failed"}"#, true),
        (r#"{"status":"cancelled"}"#, true),
        (r#"{"error":{"code":"x"}}"#, true),
        (r#"{"errors":["x"]}"#, true),
        (r#"{"message":"x"}"#, true),
        (r#"{"message":"x","status":"completed"}"#, false),
        (r#"{"message":"x","output":[]}"#, false),
        (r#"{"type":"response","error":null,"errors":[]}"#, false),
    ] {
        assert_eq!(is_error(Json::first(object.as_bytes())), error, "{object}");
    }
}

#[test]
fn words_are_said_once_and_from_a_few_levels_only() {
    let said = |json: &str| Words::of(Json::first(json.as_bytes())).message;
    assert_eq!(said(r#"{"message":"a","detail":""}"#), "a");
    assert_eq!(said(r#"{"message":"a","detail":" a "}"#), "a");
    assert_eq!(said(r#"{"message":"a","detail":"b"}"#), "a; b");
    let long = "x".repeat(3_000);
    let cut = said(&format!(r#"{{"message":"{long}","detail":"more"}}"#));
    assert_eq!(cut, "x".repeat(2_100));
    // Of objects and of lists within lists.
    for (opens, closes) in [(r#"{"error":"#, "}"), (r#"{"errors":["#, "]}")] {
        let nested = |depth: usize| {
            let (opens, closes) = (opens.repeat(depth), closes.repeat(depth));
            said(&format!(r#"{opens}{{"message":"deep"}}{closes}"#))
        };
        assert_eq!(nested(2), "deep", "{opens}");
        for depth in [5, 6, 50] {
            assert_eq!(nested(depth), "", "{opens} {depth}");
        }
    }
}

#[test]
fn what_is_no_page_and_no_redirect_is_not_called_one() {
    const QUOTA: &str = r#"{"error":{"code":"insufficient_quota","message":"no quota"}}"#;
    let message = |answer: Answer| fault_of(&answer, Locale::En).message;
    // JSON that is sent as a page is JSON.
    for body in [QUOTA, r#"[{"error":"no quota"}]"#] {
        let page = message(Answer(500, &[], "text/html", body));
        assert!(!page.contains("web page"), "{page}");
    }
    let to: &[(&str, &str)] = &[("location", "http://elsewhere.example/")];
    for (answer, redirect) in [
        (Answer(302, to, "", ""), true),
        (Answer(302, &[], "", ""), false),
        (Answer(500, to, "", ""), false),
        (Answer(200, to, "", ""), false),
    ] {
        let said = message(answer);
        assert_eq!(said.contains("redirect"), redirect, "{said}");
    }
    // Nobody reads words in what is said to be compressed.
    let gzip = Answer(
        500,
        &[("content-encoding", "gzip")],
        "application/json",
        QUOTA,
    );
    let fault = fault_of(&gzip, Locale::En);
    assert_ne!(fault.code, ModelProviderFailed);
    assert!(!fault.message.contains("quota"), "{fault:?}");
}
