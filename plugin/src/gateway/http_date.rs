//! Parses HTTP dates: `Sun, 06 Nov 1994 08:49:37 GMT`, and the two obsolete formats of RFC 9110, `Sunday,
//! 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
//!
//! Hand-written because the library adds 8 kB to the component.

/// Seconds since 1970; none if it is not an HTTP date.
pub fn unix_seconds(date: &str) -> Option<u64> {
    let mut words = date.split([' ', ':']).filter(|word| !word.is_empty());
    let weekday = words.next()?;
    let (day, month, year, time) = if weekday.ends_with(',') {
        let first = words.next()?;
        let (day, month, year) = match first.split_once('-') {
            Some((day, rest)) => {
                let (month, year) = rest.split_once('-')?;
                (day, month, year)
            }
            None => (first, words.next()?, words.next()?),
        };
        let time = (words.next()?, words.next()?, words.next()?);
        if words.next() != Some("GMT") {
            return None;
        }
        (day, month, year, time)
    } else {
        let (month, day) = (words.next()?, words.next()?);
        let time = (words.next()?, words.next()?, words.next()?);
        (day, month, words.next()?, time)
    };
    if words.next().is_some() {
        return None;
    }
    let number = |text: &str| text.parse::<u64>().ok();
    let (hour, minute, second) = (number(time.0)?, number(time.1)?, number(time.2)?);
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = MONTHS
        .as_bytes()
        .chunks(3)
        .position(|name| name == month.as_bytes())? as u64
        + 1;
    let (day, year) = match (number(day)?, number(year)?, year.len()) {
        // Two-digit year; no gateway predates this century.
        (day, short, 2) => (day, 2000 + short),
        (day, year, _) => (day, year),
    };
    if !(1..=31).contains(&day)
        || !(1970..=9999).contains(&year)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    // Days since 1 March of year 0 (Gregorian), so that a leap day is the last of its year.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::unix_seconds;

    #[test]
    fn dates_by_the_calendar() {
        // Expected values from `date -u -d … +%s`.
        for (date, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Sun, 22 Nov 2026 07:16:41 GMT", 1_795_331_801),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
            ("Sunday, 22-Nov-26 07:16:41 GMT", 1_795_331_801),
            ("Sun Nov 22 07:16:41 2026", 1_795_331_801),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
        ] {
            assert_eq!(unix_seconds(date), Some(seconds), "{date}");
        }
    }

    #[test]
    fn others_are_none() {
        for date in [
            "",
            "soon",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37",
            "Sunday, 06-Nov 08:49:37 GMT",
            "Sun Nov 22 07:16:41",
            "Sun Nov 22 07:16:41 2026 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT x",
            "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        ] {
            assert_eq!(unix_seconds(date), None, "{date}");
        }
    }
}
