//! Files that the agent sends, saved in a folder. Nothing that is there is overwritten.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use host_shim::{Attachment, Locale};
use openclaw_core::locale::say;
use openclaw_os::names::fitting;
use openclaw_render::{Failure, printable};

/// Files of one name that are kept apart.
const MOST_OF_A_NAME: u32 = 1000;

/// Where files go, and whether one could not be saved.
#[derive(Debug)]
pub struct SavedFiles {
    folder: Option<PathBuf>,
    locale: Locale,
    failed: bool,
}

impl SavedFiles {
    /// Saves in this folder, which is made if need be; without one nothing.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn in_folder(folder: Option<&Path>, locale: Locale) -> Result<Self, Failure> {
        if let Some(folder) = folder {
            fs::create_dir_all(folder).map_err(|error| {
                let folder = folder.display();
                Failure::usage(
                    say!(locale,
                        en: "cannot save files in {folder}: {error}",
                        zh: "无法把文件保存到 {folder}：{error}"),
                    say!(locale, en: "Choose another folder.", zh: "请换一个目录。"),
                )
            })?;
        }
        Ok(Self {
            folder: folder.map(Path::to_owned),
            locale,
            failed: false,
        })
    }

    /// Saves a file. Returns what to say about it.
    pub fn save(&mut self, file: &Attachment) -> Option<String> {
        let folder = self.folder.as_ref()?;
        let (locale, name) = (self.locale, printable(&file.filename));
        Some(match save_in(folder, &file.filename, &file.data) {
            Ok(path) => {
                let (path, bytes) = (path.display().to_string(), file.data.len());
                let path = printable(&path);
                say!(locale, en: "saved {path} ({bytes} bytes)", zh: "已保存 {path}（{bytes} 字节）")
            }
            Err(error) => {
                self.failed = true;
                say!(locale, en: "cannot save {name}: {error}", zh: "无法保存 {name}：{error}")
            }
        })
    }

    /// Fails if a file could not be saved.
    ///
    /// # Errors
    ///
    /// One could not; it was said which.
    pub fn all_saved(&self) -> Result<(), Failure> {
        if !self.failed {
            return Ok(());
        }
        Err(Failure::other(
            say!(self.locale, en: "not all files were saved", zh: "有文件未能保存"),
            say!(self.locale,
                en: "Check the folder of --save-files and its disk.",
                zh: "请检查 --save-files 的目录及其磁盘。"),
        ))
    }
}

/// Writes a new file in the folder. Returns its path, whose name has a number if others have the same.
fn save_in(folder: &Path, name: &str, data: &[u8]) -> io::Result<PathBuf> {
    // The component promises a plain name. Another one may not.
    let plain = Path::new(name).file_name().filter(|plain| *plain == name);
    let name = Path::new(plain.ok_or(io::ErrorKind::InvalidInput)?);
    let stem = name.file_stem().unwrap_or_default().to_string_lossy();
    let extension = name.extension().unwrap_or_default().to_string_lossy();
    for number in 1..=MOST_OF_A_NAME {
        let path = folder.join(fitting(&stem, number, &extension));
        // Neither overwrites nor follows a link.
        match File::options().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                let written = file.write_all(data);
                if written.is_err() {
                    // Half a file is none. If it cannot be removed either, the error below says enough.
                    let _ = fs::remove_file(&path);
                }
                return written.map(|()| path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_are_kept_apart_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out/deep");
        let mut saved = SavedFiles::in_folder(Some(&path), Locale::En).unwrap();
        let file = |name: &str, data: &str| Attachment {
            media_type: "text/plain".to_owned(),
            filename: name.to_owned(),
            data: data.as_bytes().to_vec(),
        };
        fs::write(path.join("a.txt"), "mine").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path().join("target"), path.join("a-2.txt")).unwrap();
        let said = saved.save(&file("a.txt", "new")).unwrap();
        #[cfg(unix)]
        assert!(said.contains("a-3.txt (3 bytes)"), "{said}");
        assert_eq!(fs::read_to_string(path.join("a.txt")).unwrap(), "mine");
        assert!(!folder.path().join("target").exists());
        saved.all_saved().unwrap();
        for bad in ["../b.txt", "/tmp/b.txt", "..", ""] {
            assert!(
                saved
                    .save(&file(bad, "x"))
                    .unwrap()
                    .starts_with("cannot save")
            );
        }
        assert!(saved.all_saved().is_err());
        assert!(!folder.path().join("out/b.txt").exists());
        let mut none = SavedFiles::in_folder(None, Locale::En).unwrap();
        assert_eq!(none.save(&file("a.txt", "x")), None);
    }
}
