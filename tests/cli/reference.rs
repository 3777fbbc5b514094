//! The pages for users: the tables are what the program prints (`UPDATE_README=1` writes them again), and
//! the commands exist.

use std::path::{Path, PathBuf};

use crate::support::{program, run};

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("no {name}"))
}

/// The page with what stands between `<!-- name -->` and `<!-- /name -->` replaced.
fn with_section(page: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let from = page.find(&begin).unwrap_or_else(|| panic!("{begin}")) + begin.len();
    let to = page.find(&end).unwrap_or_else(|| panic!("{end}"));
    format!("{}{text}{}", &page[..from], &page[to..])
}

fn printed(arguments: &[&str]) -> String {
    let ran = run(program(arguments));
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
    ran.out
}

#[test]
fn the_reference_has_the_tables_that_the_program_prints() {
    let path = page("host-shim/REFERENCE.md");
    let reference = std::fs::read_to_string(&path).unwrap();
    let inspected: serde_json::Value =
        serde_json::from_str(&printed(&["inspect", "--json"])).unwrap();
    let names = |key: &str| -> String {
        let names = inspected[key].as_array().unwrap().iter();
        names
            .map(|name| format!("- `{}`\n", name.as_str().unwrap()))
            .collect()
    };
    let imports = format!(
        "It imports\n\n{}\nand exports\n\n{}",
        names("imports"),
        names("exports")
    );
    let mut current = with_section(&reference, "imports", &imports);
    for table in ["guards", "faults"] {
        let text = printed(&[table, "--markdown", "--locale", "en"]);
        current = with_section(&current, table, &text);
    }
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, &current).unwrap();
        return;
    }
    assert!(
        reference == current,
        "the tables are not current; UPDATE_README=1 cargo test --release --test cli reference"
    );
}

#[test]
fn the_commands_of_the_readme_exist() {
    let readme = std::fs::read_to_string(page("README.md")).unwrap();
    let mut commands = 0;
    for line in readme.lines() {
        let from_source = line.strip_prefix("cargo run --release --bin host-shim -- ");
        let Some(rest) = line.strip_prefix("host-shim ").or(from_source) else {
            continue;
        };
        let name = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
        let mut command: Vec<&str> = rest.split(' ').take_while(name).collect();
        command.push("--help");
        printed(&command);
        commands += 1;
    }
    assert!(commands >= 8, "only {commands} were found");
}
