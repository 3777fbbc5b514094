//! Completion scripts in the real shells: what a person gets who presses the tabulator.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{program, run};

/// The words in a line and what must be among the completions of the last one.
const CASES: [(&[&str], &[&str]); 5] = [
    (&["st"], &["status"]),
    (&["sidecar", "do"], &["doctor", "down"]),
    (&["sidecar", "print"], &["print-config"]),
    (&["sidecar", "doctor", "--fi"], &["--fix"]),
    (&["ask", "--level", ""], &["L0", "L4"]),
];

fn script(shell: &str, folder: &Path) -> String {
    let ran = run(program(["completions", shell]));
    let path = folder.join(format!("_host-shim.{shell}"));
    fs::write(&path, &ran.out).unwrap();
    path.display().to_string()
}

/// The output of a shell's script; none where the shell is not installed.
fn shell(name: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(name).args(arguments).output();
    let output = match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: {name} is not installed");
            return None;
        }
        output => output.unwrap(),
    };
    assert!(output.status.success(), "{name}: {output:?}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn check(name: &str, line: &[&str], wanted: &[&str], found: &str) {
    let found: Vec<&str> = found.split_whitespace().collect();
    for word in wanted {
        assert!(
            found.contains(word),
            "{name}: {line:?} gives {found:?}, not {word}"
        );
    }
}

// N6 of issue 13: after the first word there was nothing.
#[test]
fn bash_completes_commands_options_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let script = script("bash", folder.path());
    for (line, wanted) in CASES {
        let words: Vec<String> = line.iter().map(|word| format!("'{word}'")).collect();
        let (last, before) = (
            line[line.len() - 1],
            line.len().checked_sub(2).map_or("host-shim", |at| line[at]),
        );
        // As bash itself calls the function that the script registers.
        let commands = format!(
            "source '{script}'; COMP_WORDS=(host-shim {}); COMP_CWORD={}; f=$(complete -p host-shim); f=${{f#*-F }}; f=${{f%% *}}; $f host-shim '{last}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            line.len(),
        );
        let Some(found) = shell("bash", &["--norc", "-c", &commands]) else {
            return;
        };
        check("bash", line, wanted, &found);
    }
}

#[test]
fn fish_completes_commands_options_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let script = script("fish", folder.path());
    for (line, wanted) in CASES {
        let commands = format!(
            "source '{script}'; complete -C 'host-shim {}'",
            line.join(" ")
        );
        let Some(found) = shell("fish", &["--no-config", "-c", &commands]) else {
            return;
        };
        check("fish", line, wanted, &found);
    }
}

#[test]
fn zsh_completes_commands_options_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let script = script("zsh", folder.path());
    for (line, wanted) in CASES {
        // An interactive zsh on a terminal of its own, in which the tabulator is pressed.
        let commands = format!(
            r#"zmodload zsh/zpty
zpty z 'PS1= ZDOTDIR=/nonexistent zsh -f -i'
zpty -w z "TERM=dumb; PS1=; unsetopt zle_bracketed_paste 2>/dev/null; zstyle ':completion:*' list-prompt ''; LISTMAX=1000; autoload -U compinit; compinit -u -D; source '{script}'; compdef _host-shim host-shim; bindkey '^I' list-choices; print READY"
while zpty -r z line; do [[ $line == *READY* && $line != *print* ]] && break; done
zpty -w -n z 'host-shim {}'$'\t'
for i in {{1..100}}; do sleep 0.05; while zpty -rt z line; do print -rn -- "$line"; done; done
zpty -d z"#,
            line.join(" ")
        );
        let Some(found) = shell("zsh", &["-f", "-c", &commands]) else {
            return;
        };
        check("zsh", line, wanted, &found);
    }
}
