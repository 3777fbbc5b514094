//! File names that the system takes.

/// Longest file name: bytes on Unix, UTF-16 units on Windows.
const LONGEST: usize = 255;

/// The file name that this system takes for `stem`, `number` and `extension`, as near to them as possible: `a-2.txt`.
/// Without a number, or with 1, there is none in it.
///
/// A stem that is too long is shortened, so that number and extension stay. On Windows, names of devices (`NUL`, `com1`)
/// get an underscore in front, characters that names may not have become underscores, and dots and spaces at the end, which
/// the system would drop, too. Both parts must be free of separators.
pub fn fitting(stem: &str, number: u32, extension: &str) -> String {
    fitting_for(cfg!(windows), stem, number, extension)
}

fn fitting_for(windows: bool, stem: &str, number: u32, extension: &str) -> String {
    let clean = |part: &str| match windows {
        true => part.replace(is_refused, "_"),
        false => part.to_owned(),
    };
    let (mut stem, mut extension) = (clean(stem), clean(extension));
    if windows && (is_device(&stem) || stem.is_empty()) {
        stem.insert(0, '_');
    }
    let length = |text: &str| match windows {
        true => text.encode_utf16().count(),
        false => text.len(),
    };
    let number = match number {
        0 | 1 => String::new(),
        number => format!("-{number}"),
    };
    // An extension that takes all the room is none.
    let dotted = match extension.as_str() {
        "" => String::new(),
        _ if length(&extension) > LONGEST / 2 => {
            stem = format!("{stem}.{extension}");
            extension.clear();
            String::new()
        }
        kind => format!(".{kind}"),
    };
    let room = LONGEST.saturating_sub(length(&number) + length(&dotted));
    while length(&stem) > room {
        stem.pop();
    }
    let mut name = format!("{stem}{number}{dotted}");
    if windows {
        let kept = name.trim_end_matches([' ', '.']).len();
        let dropped = name.len() - kept;
        name.truncate(kept);
        name.extend(std::iter::repeat_n('_', dropped));
    }
    name
}

/// Whether a path with this name, without its folder, would not lead to a file of this name: a device, a stream of another
/// file, or another name. Never on Unix.
pub fn is_taken_otherwise(name: &str) -> bool {
    cfg!(windows) && is_another_on_windows(name)
}

pub(crate) fn is_another_on_windows(name: &str) -> bool {
    name.contains(is_refused) || name.ends_with([' ', '.']) || is_device(name)
}

/// Characters that no file name has on Windows.
fn is_refused(character: char) -> bool {
    matches!(
        character,
        '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' | '\0'..='\x1f'
    )
}

/// Whether a name, with any extension, is a device's.
fn is_device(name: &str) -> bool {
    let name = name.split(['.', ':']).next().unwrap_or_default();
    let name = name.trim_end_matches(' ').to_ascii_uppercase();
    if matches!(
        name.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) {
        return true;
    }
    let number = name
        .strip_prefix("COM")
        .or_else(|| name.strip_prefix("LPT"));
    number.is_some_and(|number| {
        matches!(
            number,
            "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay_and_are_numbered() {
        for windows in [true, false] {
            assert_eq!(fitting_for(windows, "报告", 1, "pdf"), "报告.pdf");
            assert_eq!(fitting_for(windows, "报告", 2, "pdf"), "报告-2.pdf");
            assert_eq!(fitting_for(windows, "README", 3, ""), "README-3");
            assert_eq!(fitting_for(windows, ".bashrc", 1, ""), ".bashrc");
        }
    }

    #[test]
    fn long_names_are_cut_at_a_character_and_keep_number_and_extension() {
        let long = "报".repeat(200);
        let name = fitting_for(false, &long, 12, "pdf");
        assert!(name.len() <= 255 && name.len() > 250 && name.ends_with("报-12.pdf"));
        assert_eq!(
            fitting_for(true, &long, 12, "pdf"),
            format!("{long}-12.pdf")
        );
        let longer = "😀".repeat(200);
        let name = fitting_for(true, &longer, 1, "txt");
        assert!(name.encode_utf16().count() <= 255 && name.ends_with("😀.txt"));
        let odd = fitting_for(false, "a", 1, &"x".repeat(300));
        assert_eq!(odd.len(), 255);
    }

    #[test]
    fn windows_gets_no_device_no_stream_and_no_name_that_it_would_change() {
        for (stem, extension, name) in [
            ("NUL", "", "_NUL"),
            ("com1", "txt", "_com1.txt"),
            ("Lpt²", "tar.gz", "_Lpt².tar.gz"),
            ("con ", "txt", "_con .txt"),
            ("conin$", "", "_conin$"),
            ("a:b", "txt", "a_b.txt"),
            ("a?<>|*\"", "t\nt", "a______.t_t"),
            ("a", "txt. .", "a.txt___"),
            ("...", "", "___"),
            ("", "", "_"),
            // None of these is one.
            ("COM", "txt", "COM.txt"),
            ("com10", "", "com10"),
            ("console", "", "console"),
        ] {
            let fits = fitting_for(true, stem, 1, extension);
            assert_eq!(fits, name, "{stem} {extension}");
            assert!(!is_another_on_windows(&fits), "{fits}");
            assert_eq!(fitting_for(false, stem, 1, ""), stem);
        }
        for name in ["aux", "nul.txt", "a.txt:stream", "a.", "b ", "x\\y", "COM¹"] {
            assert!(is_another_on_windows(name), "{name}");
        }
    }
}
