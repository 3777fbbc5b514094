use super::*;

fn refused(text: &str) -> String {
    CommandTools::parse(text).unwrap_err()
}

#[test]
fn a_file_lists_tools_with_their_programs() {
    let text = r#"[{"name":"date","level":"L1","command":["date","-u"]},
        {"name":"wipe","description":"d","parameters":{"type":"object"},"level":"L3",
         "approval":"admin","command":["wipe"],"timeout_seconds":0.5}]"#;
    let all = CommandTools::parse(text).unwrap();
    assert_eq!(all.tools[1].approval, host_shim::Approval::Admin);
    assert_eq!(all.programs["date"].command, ["date", "-u"]);
    assert_eq!(all.programs["date"].limit, DEFAULT_LIMIT);
    assert_eq!(all.programs["wipe"].limit, Duration::from_millis(500));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, says) in [
        ("{}", "invalid type: map"),
        ("[", "EOF"),
        (
            r#"[{"name":"a","level":"L1"}]"#,
            "[0]: missing field `command`",
        ),
        (
            r#"[{"name":"a","level":"L9","command":["a"]}]"#,
            "[0].level: unknown level `L9`",
        ),
        (
            r#"[{"name":"a","level":"L1","command":"a"}]"#,
            "[0].command: invalid type: string",
        ),
        (
            r#"[{"name":"a","level":"L1","command":[]}]"#,
            "[0].command: it is empty",
        ),
        (
            r#"[{"name":"a","level":"L1","command":["a"],"aproval":"admin"}]"#,
            "[0].aproval: unknown field `aproval`",
        ),
        (
            r#"[{"name":"a","level":"L1","command":["a"],"timeout_seconds":-1}]"#,
            "[0].timeout_seconds: must be over 0",
        ),
        (
            r#"[{"name":"a","level":"L1","command":["a"]},{"name":"a","level":"L1","command":["a"]}]"#,
            "[1].name: there are two tools `a`",
        ),
    ] {
        let error = refused(text);
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[cfg(unix)]
mod programs {
    use super::*;

    async fn run(script: &str, seconds: f64) -> Result<String, String> {
        let tool = serde_json::json!([{"name": "t", "level": "L1",
            "command": ["sh", "-c", script], "timeout_seconds": seconds}]);
        let tools = CommandTools::parse(&tool.to_string()).unwrap();
        let call = ToolCall {
            id: "c".to_owned(),
            name: "t".to_owned(),
            arguments: r#"{"a":"中"}"#.to_owned(),
        };
        tools.run("turn", call).await
    }

    #[tokio::test]
    async fn the_arguments_come_on_stdin_and_stdout_is_the_output() {
        assert_eq!(run("cat; echo", 20.0).await, Ok(r#"{"a":"中"}"#.to_owned()));
        assert_eq!(
            run("echo unread; exec 0<&-", 20.0).await,
            Ok("unread".to_owned())
        );
    }

    #[tokio::test]
    async fn a_program_that_fails_or_is_missing_is_an_error_for_the_model() {
        let failed = run("echo out; echo why >&2; exit 3", 20.0)
            .await
            .unwrap_err();
        assert!(failed.contains('3') && failed.contains("why"), "{failed}");
        let tools = r#"[{"name":"t","level":"L1","command":["/no/such/program"]}]"#;
        let call = ToolCall {
            id: "c".to_owned(),
            name: "t".to_owned(),
            arguments: "{}".to_owned(),
        };
        let missing = CommandTools::parse(tools).unwrap().run("turn", call).await;
        assert!(missing.unwrap_err().contains("/no/such/program"));
    }

    #[tokio::test]
    async fn a_program_that_never_ends_is_killed_with_its_children() {
        killed_with_its_children("wait").await;
        // The program itself has ended, but not what it left behind with its output.
        killed_with_its_children("exit 0").await;
    }

    async fn killed_with_its_children(then: &str) {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        assert!(
            Command::new("mkfifo")
                .arg(&fifo)
                .status()
                .unwrap()
                .success()
        );
        let script = format!(
            "(exec 3>{}; echo begun >&3; sleep 1000) & {then}",
            fifo.display()
        );
        // It ends once nobody holds the other side: the program's child least of all.
        let reader = std::thread::spawn(move || std::fs::read_to_string(fifo).unwrap());
        let error = run(&script, 1.0).await.unwrap_err();
        assert!(error.contains("after 1 s"), "{error}");
        assert_eq!(reader.join().unwrap(), "begun\n");
    }

    #[tokio::test]
    async fn of_too_much_output_one_byte_is_left_for_the_host_to_refuse() {
        let output = run("head -c 9000000 /dev/zero", 20.0).await.unwrap();
        assert_eq!(output.len(), MAX_TOOL_OUTPUT_BYTES + 1);
    }
}
