//! The files that are made of tables in the sources: `cargo xtask docs` writes them, `--check` compares.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::{settings, wit_doc};

type Make = fn(&Path) -> Result<String>;

const FILES: [(&str, Make); 4] = [
    ("wit/README.md", wit_doc::markdown),
    (settings::REFERENCE, settings::reference),
    (
        "host-shim/astrbot/astrbot_plugin_openclaw/_conf_schema.json",
        settings::star_schema,
    ),
    (
        "host-shim/astrbot/astrbot_plugin_openclaw/.astrbot-plugin/i18n/en-US.json",
        settings::star_english,
    ),
];

/// Writes them.
pub fn write(root: &Path) -> Result<()> {
    for (file, make) in FILES {
        std::fs::write(root.join(file), make(root)?)
            .with_context(|| format!("cannot write {file}"))?;
    }
    Ok(())
}

/// Fails if one is not what would be written.
pub fn check(root: &Path) -> Result<()> {
    for (file, make) in FILES {
        let present = std::fs::read_to_string(root.join(file))
            .with_context(|| format!("cannot read {file}"))?;
        let wanted = make(root)?;
        if present != wanted {
            let same = present
                .lines()
                .zip(wanted.lines())
                .take_while(|(a, b)| a == b);
            let line = same.count() + 1;
            bail!("{file} is out of date from line {line}; run cargo xtask docs and commit it");
        }
        println!("{file} is up to date");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_generated_files_are_up_to_date() {
        super::check(&crate::repository::root().unwrap()).unwrap();
    }
}
