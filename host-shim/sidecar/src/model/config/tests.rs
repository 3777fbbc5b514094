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
        let (begin, end) = (line.starts_with("// >>>"), line.starts_with("// <<<"));
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
