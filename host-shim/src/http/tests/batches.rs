//! Chunks that arrive together are handed over together, and none waits for another.

use std::sync::Arc;

use tokio::sync::Notify;

use super::*;

const HEAD: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn chunks_that_arrive_together_are_few_frames_and_complete() {
    run(async {
        const CHUNKS: usize = 2_000;
        let all: String = (0..CHUNKS).map(|at| format!("5\r\n{at:05}\r\n")).collect();
        let answer = format!("{HEAD}{all}0\r\n\r\n").leak();
        let url = answering(answer, Then::GoOn).await;
        let answer = client(&url).send(post(&url), OPTIONS).await.unwrap();
        let mut body = answer.into_body();
        let mut text = Vec::new();
        let mut frames = 0;
        while let Some(frame) = body.frame().await {
            frames += 1;
            text.extend_from_slice(&frame.unwrap().into_data().unwrap());
        }
        let whole: String = (0..CHUNKS).map(|at| format!("{at:05}")).collect();
        assert_eq!(String::from_utf8(text).unwrap(), whole);
        assert!(frames < CHUNKS / 10, "{frames} frames");
    });
}

#[test]
fn a_chunk_does_not_wait_for_the_next() {
    run(async {
        let seen = Arc::new(Notify::new());
        let told = seen.clone();
        let url = server(move |mut stream| {
            let seen = told.clone();
            async move {
                read_request(&mut stream).await?;
                stream.write_all(HEAD.as_bytes()).await?;
                for chunk in ["1\r\na\r\n", "1\r\nb\r\n", "0\r\n\r\n"] {
                    stream.write_all(chunk.as_bytes()).await?;
                    seen.notified().await;
                }
                Ok(())
            }
        })
        .await;
        let answer = client(&url).send(post(&url), OPTIONS).await.unwrap();
        let mut body = answer.into_body();
        for expected in ["a", "b"] {
            let frame = body.frame().await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), expected);
            seen.notify_one();
        }
        assert!(body.frame().await.is_none());
    });
}

#[test]
fn what_arrived_before_a_break_comes_before_the_error() {
    run(async {
        for then in [Then::Close, Then::Reset] {
            let answer = format!("{HEAD}1\r\na\r\n1\r\nb\r\n").leak();
            let url = answering(answer, then).await;
            let answer = client(&url).send(post(&url), OPTIONS).await.unwrap();
            let mut body = answer.into_body();
            let mut text = Vec::new();
            let error = loop {
                match body.frame().await.unwrap() {
                    Ok(frame) => text.extend_from_slice(&frame.into_data().unwrap()),
                    Err(error) => break error,
                }
            };
            assert_eq!(text, b"ab");
            assert!(matches!(error, Error::HttpResponseIncomplete), "{error}");
            assert!(body.frame().await.is_none());
        }
    });
}
