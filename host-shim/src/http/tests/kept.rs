//! Connections that are kept, and what becomes of those that the gateway closes.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::sync::mpsc;

use super::*;

#[test]
fn connections_are_kept_and_one_that_was_closed_meanwhile_is_replaced() {
    run(async {
        let (opened, mut openings) = tokio::sync::mpsc::unbounded_channel();
        let url = server(move |mut stream| {
            opened.send(()).unwrap();
            async move {
                // Two requests a connection, and then it closes without having said so.
                for _ in 0..2 {
                    read_request(&mut stream).await?;
                    stream
                        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                        .await?;
                }
                stream.shutdown().await
            }
        })
        .await;
        let client = client(&url);
        for _ in 0..6 {
            assert_eq!(ask_with(&client, &url, OPTIONS).await.unwrap().1, "ok");
        }
        drop(client);
        let mut connections = 0;
        while openings.try_recv().is_ok() {
            connections += 1;
        }
        assert_eq!(connections, 3);
    });
}

/// How a gateway leaves a kept connection.
#[derive(Clone, Copy, Debug)]
enum Leaving {
    Closes,
    Resets,
    /// Says something that nobody asked for.
    Speaks,
}

/// A server on a thread of its own. It answers what it is asked; told so, it leaves the connection
/// that it has, and says so. Gives the requests that it has read when there are no more orders.
fn leaving(
    orders: mpsc::Receiver<Leaving>,
    done: mpsc::Sender<()>,
) -> (String, std::thread::JoinHandle<usize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || {
        let mut requests = 0;
        loop {
            let mut stream = listener.accept().unwrap().0;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n{}") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            requests += 1;
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            stream.write_all(answer).unwrap();
            match orders.recv() {
                Ok(Leaving::Closes) => stream.shutdown(Shutdown::Both).unwrap(),
                Ok(Leaving::Resets) => socket2::SockRef::from(&stream)
                    .set_linger(Some(Duration::ZERO))
                    .unwrap(),
                Ok(Leaving::Speaks) => stream.write_all(b"HTTP/1.1 408 Late\r\n\r\n").unwrap(),
                Err(_) => return requests,
            }
            drop(stream);
            done.send(()).unwrap();
        }
    };
    (url, std::thread::spawn(serve))
}

#[test]
fn a_connection_that_was_closed_a_moment_ago_is_not_asked() {
    for how in [Leaving::Closes, Leaving::Resets, Leaving::Speaks] {
        let (order, orders) = mpsc::channel();
        let (done, left) = mpsc::channel();
        let (url, server) = leaving(orders, done);
        run(async {
            let client = client(&url);
            for _ in 0..5 {
                assert_eq!(ask_with(&client, &url, OPTIONS).await.unwrap().1, "ok");
                // Blocks this thread, so that its reactor cannot learn of it before the next request.
                order.send(how).unwrap();
                left.recv().unwrap();
            }
            let last = ask_with(&client, &url, OPTIONS).await;
            assert_eq!(last.unwrap().1, "ok", "{how:?}");
        });
        drop(order);
        assert_eq!(server.join().unwrap(), 6, "each is sent once: {how:?}");
    }
}
