//! Proof that a provider works: whether its port accepts connections, and one model call through the gateway.

use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use openclaw_core::fault::FaultCode;
use openclaw_core::locale::Locale;
use openclaw_core::redact::mask;
use openclaw_plugin::fault::Why;
use openclaw_plugin::gateway::answer::{Answer, AnswerReader, Format};

use super::endpoint::Endpoint;
use crate::probe::{self, Probe};
use crate::secret::Token;
use crate::text::Text;

/// Time limit of the resolution and of each connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Time limit of the model call; the gateway itself tries a failing provider for up to 142 s.
const CALL: Duration = Duration::from_secs(180);
/// Largest answer that is read, in bytes.
const MAX_ANSWER: u64 = 1 << 20;

/// An answer of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The first line of the text, shortened.
    pub text: String,
    /// How long it took.
    pub seconds: u64,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The plugin's code for it, which a turn would end with, and its texts.
    pub why: Why,
    /// What the gateway said, secrets masked, or what was wrong with it.
    pub message: Text,
}

/// Whether the provider's port accepts connections from this machine.
///
/// # Errors
///
/// It does not, as the system says it.
pub fn connect(endpoint: &Endpoint) -> Result<(), String> {
    // The name of this machine inside a container leads to it.
    let host = if endpoint.is_machine() {
        "127.0.0.1"
    } else {
        endpoint.host()
    };
    let (host, port) = (host.to_owned(), endpoint.port());
    let (send, received) = mpsc::channel();
    // A name server that does not answer would hold this up for minutes.
    std::thread::spawn(move || {
        let addresses = (host.as_str(), port).to_socket_addrs();
        // Nobody waits any more if this fails.
        let _ = send.send(addresses.map(|all| all.collect::<Vec<_>>()));
    });
    let addresses = match received.recv_timeout(CONNECT) {
        Ok(addresses) => addresses.map_err(|error| error.to_string())?,
        Err(_) => return Err("the name could not be resolved in time".to_owned()),
    };
    let mut last = "the name has no address".to_owned();
    for address in addresses.iter().take(3) {
        match TcpStream::connect_timeout(address, CONNECT) {
            Ok(_) => return Ok(()),
            Err(error) => last = error.to_string(),
        }
    }
    Err(last)
}

/// Asks the gateway on this machine's loopback for one short turn, which makes one model call.
///
/// # Errors
///
/// There was no answer, or it says that the provider failed.
pub fn ask(port: u16, token: &Token) -> Result<Answered, Refused> {
    const BODY: &str = r#"{"model":"openclaw:main","user":"host-shim-doctor","input":"Reply with the single word: ok"}"#;
    let start = Instant::now();
    let (probe, body) = probe::post(port, Some(token), BODY, CALL, MAX_ANSWER);
    let refused = |code: FaultCode, message: Text| Refused {
        why: code.into(),
        message: message.map(|text| mask(text, [token.expose()])),
    };
    let said = |text: &str| Text::new(text, text);
    match probe {
        Probe::Failed { error } => Err(refused(FaultCode::NetworkOrUnreachable, said(&error))),
        Probe::Answered { status: 200, .. } => {
            let read = |locale| {
                let mut reader = AnswerReader::new(Format::Json, MAX_ANSWER, locale);
                let mut shown = String::new();
                reader.push(&body, &mut shown);
                reader.finish(&mut shown)
            };
            match read(Locale::En) {
                Ok(answer) if answer.provider_failed || is_an_error(&answer) => {
                    Err(refused(FaultCode::ModelProviderFailed, said(&answer.text)))
                }
                Ok(answer) => Ok(Answered {
                    text: first_line(&mask(&answer.text, [token.expose()])),
                    seconds: start.elapsed().as_secs(),
                }),
                Err(fault) => {
                    let zh = read(Locale::Zh).err().map(|fault| fault.message);
                    let zh = zh.unwrap_or_else(|| fault.message.clone());
                    Err(refused(fault.code, Text::new(fault.message, zh)))
                }
            }
        }
        Probe::Answered { why, message, .. } => Err(Refused {
            why,
            message: said(&message),
        }),
    }
}

/// 2026.2.9 passes a provider's error on as an answer, such as `401 Incorrect API key provided`. The model was
/// asked for one word, and only an error has neither that nor any usage.
fn is_an_error(answer: &Answer) -> bool {
    let used = answer
        .usage
        .is_some_and(|usage| usage.input_tokens + usage.output_tokens > 0);
    !used && !answer.text.to_ascii_lowercase().contains("ok")
}

fn first_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let plain = line.chars().filter(|c| !c.is_control());
    plain.take(80).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// What [`ask`] makes of this answer with status 200.
    fn of(body: &'static str) -> Result<Answered, Refused> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
            stream.write_all(head.as_bytes()).unwrap();
        });
        let answer = ask(port, &Token::new("a-token".to_owned()));
        server.join().unwrap();
        answer
    }

    #[test]
    fn what_is_wrong_with_an_answer_is_told_in_both_languages() {
        let refused = of("<html>a proxy</html>").unwrap_err();
        assert!(refused.message.en.is_ascii(), "{refused:?}");
        assert!(!refused.message.zh.is_ascii(), "{refused:?}");
    }
}
