use super::*;

const OLD: &str = "
    package a:b@0.1.0;
    interface api {
        record limits { most: u32 }
        enum code { good, bad }
        get: func() -> limits;
        why: func() -> code;
    }
    interface host { read: func() -> u64; write: func(n: u64); }
    world plugin { import host; export api; }
";

fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("all.wit"), text).unwrap();
    folder
}

/// Whether hosts of `OLD` can run a component after this replacement.
fn fits(from: &str, to: &str) -> bool {
    assert!(OLD.contains(from), "{from}");
    compatible(folder(&OLD.replace(from, to)).path(), folder(OLD).path()).is_ok()
}

#[test]
fn what_hosts_do_not_see_fits() {
    assert!(fits("package a:b@0.1.0", "package a:b@0.1.1"));
    assert!(fits("get: func", "/// Documented.\n get: func"));
    // Another function that hosts may call, or need no longer supply.
    assert!(fits("why: func", "more: func(); why: func"));
    assert!(fits("write: func(n: u64);", ""));
}

#[test]
fn what_breaks_hosts_does_not_fit() {
    assert!(!fits("most: u32", "most: u64"));
    assert!(!fits("most: u32", "most: u32, least: u32"));
    assert!(!fits("good, bad", "good, bad, ugly"));
    assert!(!fits("why: func() -> code;", ""));
    assert!(!fits("get: func()", "get: async func()"));
    assert!(!fits("import host; ", "import host; import more: func(); "));
    // Another function that hosts would have to supply.
    assert!(!fits("write: func", "erase: func(); write: func"));
}

#[test]
fn the_leftmost_number_that_is_not_zero_breaks() {
    let promises = |old: &str, new: &str| {
        promises_compatibility(&old.parse().unwrap(), &new.parse().unwrap()).unwrap()
    };
    assert!(promises("0.1.0", "0.1.0") && promises("0.1.0", "0.1.9") && promises("1.2.0", "1.3.0"));
    assert!(
        !promises("0.1.0", "0.2.0") && !promises("0.9.0", "1.0.0") && !promises("1.0.0", "2.0.0")
    );
    assert!(!promises("0.0.1", "0.0.2"));
}

#[test]
fn an_older_version_than_the_recorded_one_is_an_error() {
    assert!(promises_compatibility(&Version::new(0, 2, 0), &Version::new(0, 1, 0)).is_err());
}
