//! The user's language.

/// A variable of the environment, for `Locale::of_environment`. On Windows, where none of gettext's variables is set by the
/// system, `LANG` is the user's locale unless one of them is set by hand.
pub fn variable(name: &str) -> Option<String> {
    let set = |name: &str| Some(std::env::var_os(name)?.to_string_lossy().into_owned());
    #[cfg(windows)]
    if name == "LANG" {
        return lang(&set, users_locale);
    }
    set(name)
}

/// What `LANG` is, or would be.
#[cfg(any(windows, test))]
fn lang(
    set: &impl Fn(&str) -> Option<String>,
    users_locale: impl FnOnce() -> Option<String>,
) -> Option<String> {
    let mut variables = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
    match variables.find_map(|name| set(name).filter(|value| !value.trim().is_empty())) {
        Some(_) => set("LANG"),
        None => users_locale(),
    }
}

/// The name of the user's locale, such as `zh-CN`.
#[cfg(windows)]
fn users_locale() -> Option<String> {
    use windows_sys::Win32::Globalization::GetUserDefaultLocaleName;

    // LOCALE_NAME_MAX_LENGTH, with the zero at the end.
    let mut name = [0_u16; 85];
    // SAFETY: there is room for as many characters as told.
    let length = unsafe { GetUserDefaultLocaleName(name.as_mut_ptr(), name.len() as i32) };
    let length = usize::try_from(length).ok()?.checked_sub(1)?;
    Some(String::from_utf16_lossy(name.get(..length)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_speaks_where_no_variable_does() {
        let system = || Some("zh-CN".to_owned());
        for (variables, says) in [
            (&[] as &[(&str, &str)], Some("zh-CN")),
            (&[("LANG", " ")], Some("zh-CN")),
            (&[("LANG", "en_US.UTF-8")], Some("en_US.UTF-8")),
            // The other variable decides alone.
            (&[("LC_ALL", "C")], None),
        ] {
            let set = |name: &str| {
                let found = variables.iter().find(|(other, _)| *other == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(lang(&set, system).as_deref(), says, "{variables:?}");
        }
    }

    #[cfg(windows)]
    #[test]
    fn the_user_has_a_locale() {
        let name = users_locale().unwrap();
        assert!(name.len() >= 2 && name.is_ascii(), "{name:?}");
    }
}
