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

/// A repository with `OLD` recorded.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(repository.0.path().join("wit")).unwrap();
        repository.changelog("0.1.0 (not yet released)");
        repository.wit(OLD);
        record(repository.0.path()).unwrap();
        repository
    }

    fn wit(&self, text: &str) {
        std::fs::write(self.0.path().join("wit/all.wit"), text).unwrap();
    }

    fn changelog(&self, heading: &str) {
        let text = format!("# Changes\n\n## {heading}\n\n- It.\n");
        std::fs::write(self.0.path().join("CHANGELOG.md"), text).unwrap();
    }

    fn check(&self) -> Result<()> {
        check(self.0.path())
    }

    #[track_caller]
    fn is_refused(&self, says: &str) {
        let error = format!("{:#}", self.check().unwrap_err());
        assert!(error.contains(says), "{error}");
    }
}

/// `OLD` with a change that breaks hosts, and this version.
fn broken(version: &str) -> String {
    OLD.replace("most: u32", "most: u64")
        .replace("@0.1.0", &format!("@{version}"))
}

#[test]
fn a_change_that_breaks_hosts_needs_a_version_that_says_so() {
    let repository = Repository::new();
    repository.check().unwrap();
    repository.wit(&OLD.replace("get: func", "more: func(); get: func"));
    repository.check().unwrap();

    for version in ["0.1.0", "0.1.1"] {
        repository.wit(&broken(version));
        repository.is_refused("raise the version in wit/types.wit");
    }
    repository.wit(&broken("0.0.9"));
    repository.is_refused("older than 0.1.0");

    repository.wit(&broken("0.2.0"));
    repository.is_refused("0.2.0, which is not recorded");
    record(repository.0.path()).unwrap();
    repository.check().unwrap();
    // From then on hosts of the new version are kept, too.
    repository.wit(&OLD.replace("@0.1.0", "@0.2.0"));
    repository.is_refused("promises hosts of 0.2.0");
}

#[test]
fn what_is_released_is_not_recorded_anew() {
    let repository = Repository::new();
    let root = repository.0.path();
    repository.wit(&broken("0.1.0"));
    repository.changelog("0.1.0");
    let error = format!("{:#}", record(root).unwrap_err());
    assert!(
        error.contains("CHANGELOG.md says that 0.1.0 is released"),
        "{error}"
    );
    repository.is_refused("raise the version");

    repository.changelog("0.1.0 (not yet released)");
    record(root).unwrap();
    repository.check().unwrap();
}

#[test]
fn what_is_packed_is_what_is_in_wit() {
    let repository = Repository::new();
    let root = repository.0.path();
    let file = root.join("packed.wasm");
    let pack = || {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(root.join("wit")).unwrap();
        std::fs::write(&file, wit_component::encode(&resolve, package).unwrap()).unwrap();
    };
    pack();
    packed(root, &file).unwrap();

    repository.wit(&OLD.replace("get: func", "/// What it gets.\n get: func"));
    let error = format!("{:#}", packed(root, &file).unwrap_err());
    assert!(error.contains("`/// What it gets.` there"), "{error}");
    pack();
    packed(root, &file).unwrap();

    std::fs::write(&file, wat::parse_str("(component)").unwrap()).unwrap();
    let error = format!("{:#}", packed(root, &file).unwrap_err());
    assert!(error.contains("not a WIT package"), "{error}");
}
