//! Gateways that flood, break off or stall, and a process that was stopped.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;

use http_body_util::Full;

use super::*;

/// A server on a thread of its own, so that it goes on while this one does not. It gives every
/// connection to `serve`, in turn, until that says that there is nobody any more.
fn serving(serve: impl Fn(TcpStream, usize) -> bool + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for (at, stream) in listener.incoming().flatten().enumerate() {
            if !serve(stream, at) {
                return;
            }
        }
    });
    url
}

/// Reads the head of a request.
fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => break,
        }
    }
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

// Report A3 (attack): interim answers without end, and heads without end. Before, the first never left
// the thread that they were read on, so nothing else happened on it.
#[test]
fn a_flood_before_the_answer_ends_and_others_go_on_meanwhile() {
    for (begun, flood) in [
        ("", "HTTP/1.1 100 C\r\n\r\n"),
        ("", "HTTP/1.1 102 Processing\r\nX: y\r\n\r\n"),
        ("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
        ("", "\r\n"),
        ("HTTP/1.1 200 OK\r\n", "X-Filler: yes\r\n"),
        ("HTTP/1.1 200 OK\r\nX-Long: ", "x"),
        ("HTTP/1.1 200 ", "OK "),
    ] {
        let url = serving(move |mut stream, _| {
            read_head(&mut stream);
            let flood = flood.repeat(4000);
            let mut written = stream.write_all(begun.as_bytes());
            while written.is_ok() {
                written = stream.write_all(flood.as_bytes());
            }
            true
        });
        run(async {
            let mut turns = 0;
            let mut asking = std::pin::pin!(ask(&url, OPTIONS));
            let error = loop {
                tokio::select! {
                    answer = &mut asking => break answer.unwrap_err(),
                    () = tokio::task::yield_now() => turns += 1,
                }
            };
            assert!(
                matches!(error, Error::HttpProtocolError),
                "{flood:?}: {error}"
            );
            assert!(turns > 0, "{flood:?}");
        });
    }
}

// Report A3 (attack): a flood of data leaves the thread to others too.
#[test]
fn a_flood_of_an_answer_leaves_the_thread_to_others() {
    let url = serving(|mut stream, _| {
        read_head(&mut stream);
        let chunks = "1\r\nx\r\n".repeat(4000);
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let mut written = stream.write_all(head);
        while written.is_ok() {
            written = stream.write_all(chunks.as_bytes());
        }
        true
    });
    run(async {
        let answer = client(&url).send(post(&url), OPTIONS).await.unwrap();
        let mut body = answer.into_body();
        let mut reading = std::pin::pin!(async {
            loop {
                body.frame().await.unwrap().unwrap();
            }
        });
        for _ in 0..100 {
            tokio::select! {
                () = &mut reading => {}
                () = tokio::time::sleep(std::time::Duration::from_millis(1)) => {}
            }
        }
    });
}

// Report A3 (attack): with everything there before the first chunk is read, only the reader itself can let others run.
#[test]
fn what_has_arrived_in_tiny_chunks_is_handed_over_in_stretches() {
    const CHUNKS: usize = 100_000;
    let (done, sent) = mpsc::channel::<()>();
    let url = serving(move |mut stream, _| {
        read_head(&mut stream);
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let answer = head.to_owned() + &"1\r\nx\r\n".repeat(CHUNKS);
        // The system's buffers hold it.
        stream.write_all(answer.as_bytes()).unwrap();
        done.send(()).unwrap();
        // To the end of the request, so that closing is no reset.
        let _ = stream.read_to_end(&mut Vec::new());
        false
    });
    run(async {
        let answer = client(&url).send(post(&url), OPTIONS).await.unwrap();
        sent.recv().unwrap();
        let turns = std::cell::Cell::new(0);
        let reading = async {
            let mut body = answer.into_body();
            let mut bytes = 0;
            while bytes < CHUNKS {
                bytes += body
                    .frame()
                    .await
                    .unwrap()
                    .unwrap()
                    .into_data()
                    .unwrap()
                    .len();
            }
        };
        let others = async {
            loop {
                turns.set(turns.get() + 1);
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            () = reading => {}
            () = others => {}
        }
        assert!(turns.get() > 50, "others ran {} times", turns.get());
    });
}

#[test]
fn a_few_interim_answers_are_no_flood() {
    run(async {
        let interim = "HTTP/1.1 102 Processing\r\n\r\n".repeat(200);
        let answer = format!("{interim}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let url = answering(answer.leak(), Then::GoOn).await;
        assert_eq!(ask(&url, OPTIONS).await.unwrap().1, "ok");
    });
}

/// Long enough for an exchange on a busy machine.
const LIMIT: Duration = Duration::from_secs(1);

/// Stops everything on this thread, as SIGSTOP or a machine without time for it does.
fn stopped() {
    std::thread::sleep(LIMIT + 4 * SHORT);
}

// Report A16 (attack): what has arrived is read before a limit is judged.
#[test]
fn what_arrived_while_the_process_was_stopped_is_in_time() {
    let (go_on, wait) = mpsc::channel::<()>();
    let (done, sent) = mpsc::channel::<()>();
    let (asked, mut request) = tokio::sync::mpsc::unbounded_channel();
    let url = serving(move |mut stream, _| {
        read_head(&mut stream);
        asked.send(()).unwrap();
        for piece in ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "o", "k"] {
            if wait.recv().is_err() {
                return false;
            }
            stream.write_all(piece.as_bytes()).unwrap();
            done.send(()).unwrap();
        }
        true
    });
    // The server's next piece comes, and this thread is stopped for longer than the limits.
    let stop_for_a_piece = || {
        go_on.send(()).unwrap();
        sent.recv().unwrap();
        stopped();
    };
    let options = RequestOptions {
        connect_timeout: Some(LIMIT),
        first_byte_timeout: Some(LIMIT),
        between_bytes_timeout: Some(LIMIT),
    };
    run(async {
        let client = client(&url);
        let mut asking = Box::pin(client.send(post(&url), options));
        // The connection is made, and the process is stopped before it learns of that.
        assert!(futures::poll!(&mut asking).is_pending());
        stopped();
        tokio::select! {
            answer = &mut asking => panic!("{:?}", answer.map(|answer| answer.status())),
            request = request.recv() => request.unwrap(),
        }
        stop_for_a_piece();
        let mut body = asking.await.unwrap().into_body();
        for piece in ["o", "k"] {
            let mut reading = Box::pin(body.frame());
            assert!(futures::poll!(&mut reading).is_pending());
            stop_for_a_piece();
            let frame = reading.await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), piece);
        }
    });
}

/// A request with a body of so many bytes.
fn upload(url: &str, bytes: usize) -> http::Request<WasiBody> {
    let body = Full::new(Bytes::from(vec![b'x'; bytes])).map_err(|never| match never {});
    http::Request::post(format!("{url}/v1/responses"))
        .header("content-length", bytes)
        .body(body.boxed_unsync())
        .unwrap()
}

/// What becomes of an upload to a gateway that reads a little of it, says this and resets; after that it
/// answers like this, or is gone.
fn cut_off(bytes: usize, said: &'static str, later: Option<&'static str>) -> Result<u16, Error> {
    let url = serving(move |mut stream, at| {
        read_head(&mut stream);
        match (at, later) {
            (0, _) => {
                stream.read_exact(&mut [0; 1000]).unwrap();
                stream.write_all(said.as_bytes()).unwrap();
                // With what was not read, closing is a reset.
                drop(stream);
                later.is_some()
            }
            (_, Some(answer)) => {
                let _ = stream.read(&mut [0; 1000]);
                let _ = stream.write_all(answer.as_bytes());
                let _ = stream.shutdown(Shutdown::Write);
                true
            }
            (_, None) => false,
        }
    });
    run(async {
        let client = client(&url);
        let sent = client.send(upload(&url, bytes), OPTIONS).await;
        sent.map(|answer| answer.status().as_u16())
    })
}

// Report A17 (attack): a reset in an upload is a refusal only if the gateway lives.
#[test]
fn a_reset_in_an_upload_is_too_large_only_with_reason() {
    const LIVES: Option<&str> = Some("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    const PROXY: Option<&str> = Some("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    const LARGE: usize = 9 << 20;
    for (bytes, later, too_large) in [
        (LARGE, LIVES, true),
        (LARGE, None, false),
        (LARGE, PROXY, false),
        (LARGE, Some(""), false),
        (100_000, LIVES, false),
    ] {
        let error = cut_off(bytes, "", later).unwrap_err();
        let is_it = match error {
            Error::HttpRequestBodySize(Some(told)) => too_large && told == bytes as u64,
            Error::ConnectionTerminated => !too_large,
            _ => false,
        };
        assert!(is_it, "{bytes} {later:?}: {error:?}");
    }
}

// Report A17 (psf/requests#2422: a 413 before the reset of an upload is lost): what the gateway said
// before the reset counts.
#[test]
fn an_answer_before_the_reset_of_an_upload_is_read() {
    for _ in 0..20 {
        let said = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(cut_off(9 << 20, said, None).unwrap(), 413);
    }
}

// Report A13 (attack).
#[test]
fn a_compressed_transfer_is_seen() {
    run(async {
        let answer =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nxx\r\n0\r\n\r\n";
        let url = answering(answer, Then::GoOn).await;
        let answer = client(&url).send(post(&url), OPTIONS).await.unwrap();
        assert_eq!(answer.headers()["content-encoding"], "gzip");
    });
}
