//! The three time limits, each told apart from the others.

use super::*;

#[test]
fn a_connection_that_is_not_made_in_time_is_told() {
    run(async {
        // A full backlog: the system takes no more connections, and nobody accepts.
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut held = Vec::new();
        while let Ok(Ok(stream)) = tokio::time::timeout(SHORT, TcpStream::connect(address)).await {
            held.push(stream);
            assert!(held.len() < 100, "the backlog does not fill");
        }
        let options = RequestOptions {
            connect_timeout: Some(SHORT),
            ..OPTIONS
        };
        let error = ask(&format!("http://{address}"), options)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::ConnectionTimeout), "{error}");
        // The first byte's time begins with the connection, so it is not what is over.
        let options = RequestOptions {
            connect_timeout: Some(3 * SHORT),
            first_byte_timeout: Some(SHORT / 4),
            ..OPTIONS
        };
        let error = ask(&format!("http://{address}"), options)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::ConnectionTimeout), "{error}");
    });
}

#[test]
fn silence_before_and_within_an_answer_is_told_apart() {
    run(async {
        let first = RequestOptions {
            first_byte_timeout: Some(SHORT),
            ..OPTIONS
        };
        let between = RequestOptions {
            between_bytes_timeout: Some(SHORT),
            ..OPTIONS
        };
        let silent = answering("", Then::Wait).await;
        let error = ask(&silent, first).await.unwrap_err();
        assert!(matches!(error, Error::HttpResponseTimeout), "{error}");
        for begun in [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        ] {
            let url = answering(begun, Then::Wait).await;
            let error = ask(&url, between).await.unwrap_err();
            assert!(
                matches!(error, Error::ConnectionReadTimeout),
                "{begun:?}: {error}"
            );
        }
        // Half a head is no first byte of an answer that could be used.
        let url = answering("HTTP/1.1 200 OK\r\nContent-", Then::Wait).await;
        let error = ask(&url, first).await.unwrap_err();
        assert!(matches!(error, Error::HttpResponseTimeout), "{error}");
    });
}

#[test]
fn the_limit_between_pieces_does_not_run_while_nobody_reads() {
    run(async {
        let url = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Then::GoOn).await;
        let options = RequestOptions {
            between_bytes_timeout: Some(SHORT),
            ..OPTIONS
        };
        let answer = client(&url).send(post(&url), options).await.unwrap();
        tokio::time::sleep(3 * SHORT).await;
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "ok");
    });
}

#[test]
fn the_limit_between_pieces_begins_anew_with_each() {
    run(async {
        let url = server(|mut stream| async move {
            read_request(&mut stream).await?;
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
                .await?;
            for _ in 0..6 {
                tokio::time::sleep(SHORT).await;
                stream.write_all(b"x").await?;
            }
            Ok(())
        })
        .await;
        let options = RequestOptions {
            between_bytes_timeout: Some(4 * SHORT),
            ..OPTIONS
        };
        assert_eq!(ask(&url, options).await.unwrap().1, "xxxxxx");
    });
}
