use serde_json::json;

use super::*;

fn agents(list: &str) -> Block {
    Block {
        name: "agents",
        parent: &["agents"],
        entries: vec![("list", list.to_owned())],
    }
}

fn model() -> Block {
    Block {
        name: "model",
        parent: &["agents", "defaults"],
        entries: vec![("model", "{ primary: \"a/b\" }".to_owned())],
    }
}

fn session() -> Block {
    Block {
        name: "session",
        parent: &[],
        entries: vec![("session", "{\n  reset: 1,\n}".to_owned())],
    }
}

fn written(text: &str, blocks: &[Block]) -> String {
    let written = write(text, blocks).unwrap();
    assert_eq!(written.own, [""; 0], "{text}");
    let again = write(&written.text, blocks).unwrap();
    assert_eq!(again.text, written.text, "writing again changes nothing");
    written.text
}

/// The text without the lines of our blocks.
fn without(text: &str) -> String {
    let mut depth = 0;
    let kept = text.split_inclusive('\n').filter(|line| {
        let line = line.trim_start();
        let ends = line.starts_with(END);
        depth += usize::from(line.starts_with(BEGIN));
        let kept = depth == 0;
        depth -= usize::from(ends);
        kept
    });
    kept.collect()
}

#[test]
fn a_block_goes_behind_the_brace_and_nothing_else_changes() {
    let text =
        "// head\n{\n  agents: { // mine\n    defaults: {}, /* c */\n  },\n  \"x\": '}{\"//',\n}\n";
    let new = written(text, &[agents("[1]"), session()]);
    assert_eq!(
        new,
        "// head\n{\n  // >>> host-shim sidecar session\n  session: {\n    reset: 1,\n  },\n  \
         // <<< host-shim sidecar session\n  agents: {\n    // >>> host-shim sidecar agents\n    \
         list: [1],\n    // <<< host-shim sidecar agents\n // mine\n    defaults: {}, /* c */\n  },\n  \
         \"x\": '}{\"//',\n}\n"
    );
    let other = written(&new, &[agents("[\n  2,\n]"), session()]);
    assert_eq!(
        other,
        new.replace("list: [1],", "list: [\n      2,\n    ],")
    );
}

#[test]
fn only_what_is_between_the_markers_differs_in_any_format() {
    for text in [
        "{\n}\n",
        "{\n}",
        "{\r\n\tagents : {\r\n\t\t'defaults': {\r\n\t\t}\r\n\t}\r\n}\r\n",
        "\u{feff}{\n  \"agents\": {\n    \"defaults\": {\n      a: +.5e1, b: Infinity, c: 'it\\'s', d: [\n{ x: 1 }, '//', ],\n    }\n  }\n}",
        "{\n  // >>> host-shim sidecar other\n  a: 1,\n  // <<< host-shim sidecar other\n}\n",
        "{\n  url: \"http://x/y\", // http: { [ \"\n  /* { */ b: {\n}, 'agents': {\n}\n}",
    ] {
        let blocks = [agents("[{ id: \"main\" }]"), model(), session()];
        let new = written(text, &blocks);
        assert_eq!(without(&new), without(text), "{new}");
        let value = gateway_config::parse(&new).unwrap();
        assert_eq!(value["agents"]["list"], json!([{ "id": "main" }]), "{new}");
        assert_eq!(
            value["agents"]["defaults"]["model"]["primary"], "a/b",
            "{new}"
        );
        assert_eq!(value["session"]["reset"], 1, "{new}");
    }
    // On one line a line end is added.
    for text in [
        "{}",
        "{a:1}",
        "{ agents: { defaults: { b: 2 } } }",
        "{agents:{}} // end",
    ] {
        let new = written(text, &[agents("[]"), model(), session()]);
        let joined = |text: &str| text.replace(['\n', ' '], "");
        assert_eq!(joined(&without(&new)), joined(text), "{new}");
    }
}

#[test]
fn a_last_line_that_is_a_comment_without_a_line_break_stays() {
    for tail in ["// end", "//", "// >>> mine", "/* end */", "// \u{1f99e}"] {
        for text in [
            format!("{{\n}}\n{tail}"),
            format!("{{\r\n}} {tail}"),
            format!("{{\n  agents: {{\n  }},\n}}{tail}"),
        ] {
            let blocks = [agents("[1]"), model(), session()];
            let new = written(&text, &blocks);
            assert_eq!(without(&new), text, "{new}");
            assert!(new.ends_with(tail), "{new}");
            let none = blocks.map(|block| Block {
                entries: Vec::new(),
                ..block
            });
            assert_eq!(without(&written(&new, &none)), text);
        }
    }
    // One of ours has lost its partner there.
    let lost = "{\n}\n// <<< host-shim sidecar agents";
    assert_eq!(write(lost, &[agents("[1]")]), Err(Refused::Marker(3)));
}

#[test]
fn two_blocks_share_a_parent_that_is_made_for_one() {
    let one = written("{\n}\n", &[agents("[1]")]);
    let two = written(&one, &[model()]);
    let value = gateway_config::parse(&two).unwrap();
    assert_eq!(
        value["agents"],
        json!({ "list": [1], "defaults": { "model": { "primary": "a/b" } } })
    );
    let reverse = written(&written("{\n}\n", &[model()]), &[agents("[1]")]);
    assert_eq!(gateway_config::parse(&reverse).unwrap(), value);
}

#[test]
fn what_the_user_has_written_stays_and_is_named() {
    let text = "{\n  agents: { \"list\": [{ id: 'mine' }] },\n  session: {},\n}\n";
    let kept = write(text, &[agents("[1]"), session()]).unwrap();
    assert_eq!(kept.own, ["agents.list", "session"]);
    assert_eq!(kept.text, text);
    // Also when it was added to a config with the block.
    let block = written("{\n  agents: {\n  },\n}\n", &[agents("[1]")]);
    let both = block.replacen("agents: {\n", "agents: {\n    list: [2],\n", 1);
    let kept = write(&both, &[agents("[1]")]).unwrap();
    assert_eq!(kept.own, ["agents.list"]);
    assert_eq!(kept.text, "{\n  agents: {\n    list: [2],\n  },\n}\n");
}

#[test]
fn a_block_without_entries_is_removed() {
    let text = "{\n  a: 1,\n}\n";
    let none = Block {
        entries: Vec::new(),
        ..session()
    };
    assert_eq!(
        written(&written(text, &[session()]), std::slice::from_ref(&none)),
        text
    );
    assert_eq!(written(text, &[none]), text);
}

#[test]
fn a_block_that_was_moved_is_put_where_it_belongs() {
    let text = "{\n  // >>> host-shim sidecar agents\n  list: [0],\n  // <<< host-shim sidecar agents\n  agents: {\n  },\n}\n";
    let new = written(text, &[agents("[1]")]);
    assert_eq!(
        gateway_config::parse(&new).unwrap(),
        json!({ "agents": { "list": [1] } })
    );
}

#[test]
fn what_cannot_be_written_is_refused_and_says_where() {
    let refused = |text: &str| write(text, &[agents("[1]")]).unwrap_err();
    for (text, line) in [
        ("{", 1),
        ("", 1),
        ("{\na:}", 2),
        ("{ a: 1 b: 2 }", 1),
        ("[]", 1),
    ] {
        assert_eq!(refused(text), Refused::Syntax(line), "{text}");
    }
    for (text, line) in [
        ("{\n// >>> host-shim sidecar agents\n}", 2),
        ("{\n// <<< host-shim sidecar agents\n}", 2),
        (
            "{\n// >>> host-shim sidecar a\n// <<< host-shim sidecar b\n}",
            2,
        ),
        (
            "{\n// >>> host-shim sidecar a\nx: {\n// <<< host-shim sidecar a\n}}",
            2,
        ),
        (
            "{\na: [\n// >>> host-shim sidecar a\n// <<< host-shim sidecar a\n]}",
            3,
        ),
        (
            "{ a: 1, // >>> host-shim sidecar a\n// <<< host-shim sidecar a\n}",
            1,
        ),
        (
            "// >>> host-shim sidecar a\n{\n}\n// <<< host-shim sidecar a\n",
            1,
        ),
        (
            "{\n// >>> host-shim sidecar agents\n// <<< host-shim sidecar agents\n// >>> host-shim sidecar agents\n\
             // <<< host-shim sidecar agents\n}",
            4,
        ),
    ] {
        assert_eq!(refused(text), Refused::Marker(line), "{text}");
    }
    for text in ["{agents: []}", "{agents: null}"] {
        assert_eq!(refused(text), Refused::NotAnObject("agents".to_owned()));
    }
    let deep = format!("{{a: {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(refused(&deep), Refused::Syntax(1));
}

#[test]
fn odd_keys_are_read_as_the_gateway_reads_them() {
    let odd = "{ $include: './x.json5', \u{4e2d}: 1, 'a\\\nb': 2, agents: { \"li\\u0073t\": 3 } }";
    assert_eq!(write(odd, &[agents("[1]")]).unwrap().own, ["agents.list"]);
}
