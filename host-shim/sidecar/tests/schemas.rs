//! The compose file and the Kubernetes manifests against the published schemas.
//!
//! Ignored in a plain `cargo test`: they are got by tests/setup/schemas.sh.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::Stage;
use jsonschema::Draft;
use openclaw_sidecar::templates;
use serde_json::Value;

fn schemas() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/setup/schemas.sh");
    let output = Command::new(script)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "schemas.sh failed");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

#[test]
fn the_compose_file_is_of_the_specification() {
    let schema = std::fs::read_to_string(schemas().join("compose-spec.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    // It names a draft by an address that no validator knows; its words are draft 7's.
    let mut plain = schema.clone();
    plain.as_object_mut().unwrap().remove("$schema");
    let validator = jsonschema::options()
        .with_draft(Draft::Draft7)
        .build(&plain)
        .unwrap();
    let compose: Value = serde_saphyr::from_str(templates::COMPOSE_FILE).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&compose)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    // And it is one that can fail.
    let mut bad = compose;
    bad["services"]["openclaw-gateway"]["pids_limit"] = Value::from("many, please");
    bad["services"]["openclaw-gateway"]["no-such-key"] = Value::from(1);
    assert!(validator.iter_errors(&bad).count() > 0);
}

#[test]
fn the_manifests_are_kubernetes() {
    let stage = Stage::new();
    let folder = stage.folder.path().join("manifests");
    stage
        .run(&["manifest", "--output", folder.to_str().unwrap()])
        .ends(0);
    // A token that is in use is not overwritten.
    stage
        .run(&["manifest", "--output", folder.to_str().unwrap()])
        .ends(1)
        .says("already exists");
    let validate = |file: &Path| {
        Command::new(schemas().join("bin/kubernetes-validate"))
            .args(["--strict", "-k", "1.34"])
            .arg(file)
            .output()
            .unwrap()
    };
    for (file, resources) in [("astrbot.yaml", 6), ("secret.yaml", 1)] {
        let output = validate(&folder.join(file));
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert_eq!(said.matches(" passed ").count(), resources, "{said}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.join("secret.yaml"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // And it is one that can fail.
    let bad = folder.join("bad.yaml");
    let text = std::fs::read_to_string(folder.join("astrbot.yaml")).unwrap();
    std::fs::write(
        &bad,
        text.replace("restartPolicy: Always", "restartPolicies: Always"),
    )
    .unwrap();
    assert!(!validate(&bad).status.success());
}
