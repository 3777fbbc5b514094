//! What is an address, what is none, and what tricks with addresses come to.

use super::*;
use proptest::prelude::*;

#[test]
fn ipv6_as_the_standard_library_has_it() {
    for text in [
        "::",
        "::1",
        "1::",
        "1:2:3",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1:2:3:4::5:6:7:8",
        "1:2:3:4:5:6:7:8:9",
        "::ffff:1.2.3.4",
        "1.2.3.4",
        "1.2.3.4::",
        "::1.2.3",
        "::01.2.3.4",
        "::256.1.1.1",
        "12345::",
        "g::",
        ":::",
        "1::2::3",
        ":1",
        "1:",
        "fe80::1%eth0",
        "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4",
        "",
    ] {
        let real = text.parse::<core::net::Ipv6Addr>().is_ok();
        assert_eq!(is_ipv6(text), real, "{text}");
    }
}

// N17 of issue 13.
#[test]
fn an_address_that_is_not_set_is_not_quoted() {
    for locale in [Locale::En, Locale::Zh] {
        let text = OriginError::Empty.message("", locale);
        assert!(
            !text.contains("``") && text.contains("http://127.0.0.1:18789"),
            "{text}"
        );
    }
}

#[test]
fn what_is_an_origin() {
    for (url, https, authority) in [
        ("http://127.0.0.1:18789", false, "127.0.0.1:18789"),
        ("http://127.0.0.1:18789/", false, "127.0.0.1:18789"),
        ("http://localhost:80", false, "localhost"),
        ("https://localhost:443", true, "localhost"),
        ("https://localhost:80", true, "localhost:80"),
        ("HTTP://LocalHost:8080", false, "localhost:8080"),
        (
            "http://open_claw-1.internal:65535",
            false,
            "open_claw-1.internal:65535",
        ),
        ("https://[2001:DB8::1]", true, "[2001:db8::1]"),
        ("http://10.0.0.1:00080", false, "10.0.0.1"),
    ] {
        let authority = authority.into();
        assert_eq!(Origin::parse(url), Ok(Origin { https, authority }), "{url}");
    }
}

#[test]
fn what_is_none() {
    use OriginError::*;
    for (url, why) in [
        ("", Empty),
        (" ", NoScheme),
        ("localhost:18789", NoScheme),
        ("//localhost", NoScheme),
        ("http:", NoScheme),
        ("http://", Host),
        ("http:///path", HasPath),
        ("http://:80", Host),
        ("ws://localhost:18789", OtherScheme),
        ("unix:///var/run/x", OtherScheme),
        ("http://localhost/v1", HasPath),
        ("http://localhost//", HasPath),
        ("http://localhost?x=1", HasPath),
        ("http://localhost/#x", HasPath),
        ("http://localhost#", HasPath),
        ("http://user:secret@localhost:80", HasUser),
        ("http://@localhost", HasUser),
        ("http://localhost:", Port),
        ("http://localhost:0", Port),
        ("http://localhost:65536", Port),
        ("http://localhost:+80", Port),
        ("http://localhost:8a", Port),
        ("http://local host", Host),
        ("http://localhost\n", Host),
        ("http://[::1", Host),
        ("http://[::g]", Host),
        // Report F31: accepted by the component, rejected by the host.
        ("http://[1:2:3]", Host),
        ("http://[fe80::1%25eth0]", Host),
        ("http://ex*ample", Host),
        ("http://例子", Host),
    ] {
        assert_eq!(Origin::parse(url), Err(why), "{url:?}");
    }
}

// Issue 15. Nothing is guessed or translated: an address is refused or is only itself, so that it is no other
// gateway's, whatever a resolver makes of it.
#[test]
fn no_trick_makes_an_address_another_ones() {
    use OriginError::*;
    for (url, origin) in [
        // Whose host is it?
        ("http://127.0.0.1:18789@evil.example", Err(HasUser)),
        ("http://evil.example%40127.0.0.1", Err(Host)),
        ("http://a:b@c@evil.example", Err(HasUser)),
        ("http://evil.example\\@127.0.0.1", Err(HasPath)),
        ("http://evil.example\\.gateway", Err(HasPath)),
        ("http:\\\\evil.example", Err(NoScheme)),
        ("http:/evil.example", Err(NoScheme)),
        ("http:evil.example", Err(NoScheme)),
        ("http:////evil.example", Err(HasPath)),
        ("http://?@evil.example", Err(HasPath)),
        ("http://;@evil.example", Err(HasUser)),
        ("http://gateway;evil.example", Err(Host)),
        ("http://gateway,evil.example", Err(Host)),
        // Characters that others skip, decode or fold.
        ("http://gate\tway", Err(Host)),
        ("http://gate\nway", Err(Host)),
        ("http://gateway\r", Err(Host)),
        ("http://gateway ", Err(Host)),
        (" http://gateway", Err(OtherScheme)),
        ("\u{feff}http://gateway", Err(OtherScheme)),
        ("ht\ntp://gateway", Err(OtherScheme)),
        ("http\u{17f}://gateway", Err(OtherScheme)),
        ("http://gateway\0.evil.example", Err(Host)),
        ("http://gateway%2eexample", Err(Host)),
        ("http://%31%32%37.1", Err(Host)),
        ("http://g\u{ad}ateway", Err(Host)),
        ("http://gateway\u{3002}example", Err(Host)),
        ("http://\u{ff47}ateway", Err(Host)),
        ("http://g\u{430}teway", Err(Host)),
        (
            "http://xn--gteway-6fg.example",
            Ok("xn--gteway-6fg.example"),
        ),
        ("hTTp://GateWay.Example", Ok("gateway.example")),
        ("http://gateway.example.", Ok("gateway.example.")),
        ("http://gateway.example.:80", Ok("gateway.example.")),
        // One address in many spellings.
        ("http://0177.0.0.1", Ok("0177.0.0.1")),
        ("http://0x7f.0.0.1", Ok("0x7f.0.0.1")),
        ("http://0x7f000001", Ok("0x7f000001")),
        ("http://2130706433", Ok("2130706433")),
        ("http://127.1", Ok("127.1")),
        ("http://127.0.0.1.", Ok("127.0.0.1.")),
        ("http://0", Ok("0")),
        ("http://::1", Err(Host)),
        ("http://::1:18789", Err(Host)),
        ("http://[::1]", Ok("[::1]")),
        ("http://[0:0:0:0:0:0:0:1]", Ok("[0:0:0:0:0:0:0:1]")),
        ("http://[::FFFF:127.0.0.1]", Ok("[::ffff:127.0.0.1]")),
        ("http://[::ffff:7f00:1]", Ok("[::ffff:7f00:1]")),
        ("http://[fe80::1%eth0]", Err(Host)),
        ("http://[fe80::1%25eth0]", Err(Host)),
        ("http://[v1.x]", Err(Host)),
        ("http://[127.0.0.1]", Err(Host)),
        ("http://[::1].evil.example", Err(Port)),
        ("http://[::1]evil.example", Err(Port)),
        ("http://evil.example[::1]", Err(Host)),
        // Ports and schemes.
        ("http://gateway:443", Ok("gateway:443")),
        ("https://gateway:443", Ok("gateway")),
        ("https://gateway:80", Ok("gateway:80")),
        ("http://gateway:000080", Ok("gateway")),
        ("http://gateway:18789:80", Err(Port)),
        ("http://gateway:65616", Err(Port)),
        ("http://gateway:-1", Err(Port)),
        ("http://gateway: 80", Err(Port)),
        ("http://gateway:0x50", Err(Port)),
        ("http://gateway:\u{661}", Err(Port)),
        ("https+unix://gateway", Err(OtherScheme)),
        ("wss://gateway", Err(OtherScheme)),
        ("javascript://gateway", Err(OtherScheme)),
        ("file:///etc/passwd", Err(OtherScheme)),
        ("http://http://gateway", Err(HasPath)),
    ] {
        let parsed = Origin::parse(url);
        let authority = parsed.as_ref().map(|origin| origin.authority.as_str());
        assert_eq!(authority.map_err(|why| *why), origin, "{url:?}");
        if let Ok(parsed) = parsed {
            assert_eq!(Origin::parse(&parsed.url()), Ok(parsed), "{url}: stable");
        }
    }
    let long = "a".repeat(1 << 20);
    for url in [
        format!("http://{long}"),
        format!("{long}://a"),
        format!("http://a:{long}"),
    ] {
        let why = Origin::parse(&url).unwrap_err();
        assert!(why.message(&url, Locale::En).len() < 400);
    }
}

proptest! {
    #[test]
    fn ipv6_agrees_with_the_standard_library(text in "([0-9a-f]{0,5}[:.]{1,2}){0,9}[0-9a-f]{0,4}") {
        prop_assert_eq!(is_ipv6(&text), text.parse::<core::net::Ipv6Addr>().is_ok());
    }
}
