//! The README's tables are what the program prints. `UPDATE_README=1` writes them anew.

use std::path::Path;

use crate::support::{program, run};

/// The README with what stands between `<!-- name -->` and `<!-- /name -->` replaced.
fn with_section(readme: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let from = readme.find(&begin).unwrap_or_else(|| panic!("{begin}")) + begin.len();
    let to = readme.find(&end).unwrap_or_else(|| panic!("{end}"));
    format!("{}{text}{}", &readme[..from], &readme[to..])
}

#[test]
fn the_readme_has_the_tables_that_the_program_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let printed = |arguments: &[&str]| {
        let ran = run(program(arguments));
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    };
    let inspected: serde_json::Value =
        serde_json::from_str(&printed(&["inspect", "--json"])).unwrap();
    let names = |key: &str| {
        let names = inspected[key]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap());
        names
            .map(|name| format!("- `{name}`\n"))
            .collect::<String>()
    };
    let imports = format!(
        "It imports\n\n{}\nand exports\n\n{}",
        names("imports"),
        names("exports")
    );
    let mut current = with_section(
        &readme,
        "guards",
        &printed(&["guards", "--markdown", "--locale", "en"]),
    );
    current = with_section(
        &current,
        "faults",
        &printed(&["faults", "--markdown", "--locale", "en"]),
    );
    current = with_section(&current, "imports", &imports);
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    assert!(
        readme == current,
        "the README's tables are not current; UPDATE_README=1 cargo test --release --test cli readme"
    );
}
