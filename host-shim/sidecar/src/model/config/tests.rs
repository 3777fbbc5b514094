use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind;
use crate::gateway_config;
use crate::model::services::{self, Api};
use crate::templates::CONFIG_FILE;

fn model(service: &str, name: &str) -> Model {
    let service = services::service(service).unwrap();
    let url = match service.base_url {
        "" => "https://llm.example.com/v1",
        url => url,
    };
    Model::of(service, Api::OpenaiCompletions, url, Some(name)).unwrap()
}

/// The text without the lines between markers, and those.
fn without_blocks(text: &str) -> String {
    let mut inside = 0;
    let lines = text.split_inclusive('\n').filter(|line| {
        let line = line.trim_start();
        let (begin, end) = (
            line.starts_with("// >>> host-shim"),
            line.starts_with("// <<< host-shim"),
        );
        inside += i32::from(begin) - i32::from(end);
        inside == 0 && !end
    });
    lines.collect()
}

// Shows 4 of issue 13.
#[test]
fn the_template_changes_only_between_its_markers() {
    let new = with_model(CONFIG_FILE, &model("deepseek", "deepseek-chat")).unwrap();
    assert_eq!(without_blocks(&new), without_blocks(CONFIG_FILE));
    assert_eq!(
        new.matches("// >>> ").count(),
        CONFIG_FILE.matches("// >>> ").count()
    );
    for line in [
        "      model: { primary: \"sidecar_deepseek/deepseek-chat\" },\n",
        "      baseUrl: \"https://api.deepseek.com/v1\",\n",
        "      apiKey: \"${OPENCLAW_PROVIDER_API_KEY}\", // in .env\n",
        "      models: [{ id: \"deepseek-chat\", name: \"deepseek-chat\", input: [\"text\"], contextWindow: 128000 }],\n",
    ] {
        assert!(new.contains(line), "{line} is not in:\n{new}");
    }
    // Another one replaces it.
    let other = model("custom", "a/b \"c\"".replace(' ', "").as_str());
    let again = with_model(&new, &other).unwrap();
    assert_eq!(again, with_model(CONFIG_FILE, &other).unwrap());
    assert!(!again.contains("deepseek"), "{again}");
}

// The editor's own tests have every form; here are those that a user's config has.
#[test]
fn comments_and_odd_formatting_stay_byte_for_byte() {
    let model = model("qwen", "qwen-plus");
    for old in [
        "{\n  // one\n\t'gateway' : {mode:'local'}, // two\n\n}\n// tail",
        "{\r\n  agents: {\r\n    list: [{id:'main'},],\r\n  },\r\n}\r\n",
        "{\n  models: {\n    mode: 'merge',\n    providers: {\n      'other': { baseUrl: 'http://x', models: [] }\n    }\n  },\n}\n",
    ] {
        let new = with_model(old, &model).unwrap();
        assert_eq!(without_blocks(&new), old);
        assert_eq!(with_model(&new, &model).unwrap(), new, "{old:?}");
        let value = gateway_config::parse(&new).unwrap();
        let primary = value.pointer("/agents/defaults/model/primary").unwrap();
        assert_eq!(primary, "sidecar_qwen/qwen-plus");
        assert!(
            value
                .pointer("/models/providers/sidecar_qwen/apiKey")
                .is_some()
        );
    }
}

/// White space and comments as people and editors leave them; each begins with a blank.
fn blank() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just(" "),
        2 => Just("\n"),
        1 => Just("\t"),
        1 => Just("\r\n  "),
        1 => Just(" // c { \" }\n"),
        1 => Just(" /* d\n// >>> x */ "),
        1 => Just("\n  // \u{6ce8}\u{91ca}\n\n"),
    ];
    proptest::collection::vec(piece, 0..3).prop_map(|pieces| pieces.concat())
}

/// A member of the user's, whose value is not an object.
fn member() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("a"),
        Just("'b c'"),
        Just("\"d\""),
        Just("$e"),
        Just("\u{952e}")
    ];
    let value = prop_oneof![
        Just("1"),
        Just("'}{//'"),
        Just("\"x\\\"y\""),
        Just("[1, { z: [] }, ]"),
        Just("{ list: [ { id: 'q', }, ], }"),
        Just("+.5e1"),
        Just("null"),
    ];
    (key, blank(), blank(), value)
        .prop_map(|(key, one, two, value)| format!("{key}{one}:{two}{value}"))
}

/// An object with these members among others.
fn object(own: Vec<String>) -> impl Strategy<Value = String> {
    let others = proptest::collection::vec((blank(), member(), blank()), 0..3);
    (others, blank(), blank(), any::<bool>(), any::<bool>()).prop_map(
        move |(others, one, two, first, comma)| {
            let others = others
                .into_iter()
                .map(|(one, member, two)| format!("{one}{member}{two}"));
            let own = own.iter().map(|member| format!("{one}{member}{two}"));
            let all: Vec<String> = match first {
                true => own.chain(others).collect(),
                false => others.chain(own).collect(),
            };
            let end = if comma && !all.is_empty() { "," } else { "" };
            format!("{{{}{end}{two}}}", all.join(","))
        },
    )
}

/// A config with any of the objects that `model` writes into, there or not.
fn odd_config() -> impl Strategy<Value = String> {
    let inner = |key: &'static str| {
        let there = object(Vec::new()).prop_map(move |inside| vec![format!("{key}: {inside}")]);
        prop_oneof![Just(Vec::new()), there]
    };
    let outer = move |key: &'static str, child: &'static str| {
        let there = inner(child).prop_flat_map(object);
        let there = there.prop_map(move |inside| vec![format!("\"{key}\" : {inside}")]);
        prop_oneof![Just(Vec::new()), there]
    };
    let both = (outer("agents", "defaults"), outer("models", "providers"));
    let both = both.prop_flat_map(|(one, two)| object([one, two].concat()));
    (
        blank(),
        both,
        blank(),
        prop_oneof![Just(""), Just("// end"), Just("/* end */")],
    )
        .prop_map(|(head, object, tail, end)| format!("{head}{object}{tail}{end}"))
}

/// Whether one text is the other with line ends put in behind opening braces.
fn is_with_line_ends(new: &str, old: &str) -> bool {
    let (mut new, mut before) = (new, ' ');
    for next in old.chars() {
        while let Some(rest) = Some(new).filter(|new| !new.starts_with(next) && before == '{') {
            let Some(rest) = rest
                .strip_prefix("\r\n")
                .or_else(|| rest.strip_prefix('\n'))
            else {
                return false;
            };
            new = rest;
        }
        let Some(rest) = new.strip_prefix(next) else {
            return false;
        };
        (new, before) = (rest, next);
    }
    new.is_empty()
}

proptest! {
    // Shows 4 of issue 13, for every config.
    #[test]
    fn any_config_differs_only_between_our_markers(old in odd_config()) {
        let (first, second) = (model("qwen", "qwen-plus"), model("deepseek", "deepseek-chat"));
        let new = with_model(&old, &first).unwrap();
        prop_assert!(is_with_line_ends(&without_blocks(&new), &old), "{old:?}\n{new}");
        prop_assert_eq!(&with_model(&new, &first).unwrap(), &new);
        let other = with_model(&new, &second).unwrap();
        prop_assert_eq!(without_blocks(&other), without_blocks(&new));
        let value = gateway_config::parse(&other).unwrap();
        let primary = value.pointer("/agents/defaults/model/primary").unwrap();
        prop_assert_eq!(primary, "sidecar_deepseek/deepseek-chat");
        prop_assert!(value.pointer("/models/providers/sidecar_qwen").is_none());
    }
}

#[test]
fn what_is_set_by_hand_or_broken_is_told_with_its_line() {
    let model = model("qwen", "qwen-plus");
    for (text, words) in [
        (
            "{\n agents: {\n defaults: { model: 'a/b' } } }",
            "agents.defaults.model is already set on line 3",
        ),
        (
            "{ models: { providers: { 'sidecar_qwen': {} } } }",
            "models.providers.sidecar_qwen is already set on line 1",
        ),
        (
            "{\n agents: './agents.json5' }",
            "agents in openclaw_sidecar.config.json5 is not an object",
        ),
        (
            "{ agents: null }",
            "agents in openclaw_sidecar.config.json5 is not an object",
        ),
        ("{\n // >>> host-shim sidecar model\n}", "marker on line 2"),
        ("{\n // <<< host-shim sidecar model\n}", "marker on line 2"),
        (
            "{ // >>> host-shim sidecar model\n // >>> host-shim sidecar model\n // <<< host-shim sidecar model\n}",
            "marker on line 1",
        ),
        ("{\n a: 1\n b: 2 }", "line 3 is not understood"),
        ("", "line 1 is not understood"),
    ] {
        let error = with_model(text, &model).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ModelConfig);
        assert!(error.to_string().contains(words), "{text:?}: {error}");
    }
}
