//! One pool of connections; nothing is sent twice.

use openclaw_fake_gateway::{Answer, ClosedBy, End, Http, Scene};
use openclaw_tests::rig::{Rig, within};

#[tokio::test]
async fn turns_share_one_connection() {
    let rig = Rig::new().await;
    for _ in 0..5 {
        rig.say("hi").await.unwrap();
    }
    // A reply comes before the last byte of its answer: the next turn may find its connection still
    // busy, and make a second one.
    assert!(
        rig.gateway.connections() <= 2,
        "{}",
        rig.gateway.connections()
    );
}

#[tokio::test]
async fn a_pooled_connection_that_the_gateway_has_closed_is_replaced_unnoticed() {
    let rig = Rig::new().await;
    rig.say("one").await.unwrap();
    rig.gateway.close_connections().await;
    rig.say("two").await.unwrap();
    assert_eq!(rig.gateway.connections(), 2);
    assert_eq!(rig.gateway.turns().len(), 2, "sent once each");
}

#[tokio::test]
async fn a_request_that_may_have_arrived_is_not_sent_again() {
    let rig = Rig::new().await;
    // On a fresh connection and on a used one.
    for (turn, scene) in [
        (1, Scene::reset_before_answer()),
        (2, Scene::reply("fine")),
        (3, Scene::reset_before_answer()),
        (4, Scene::reply("fine")),
        (5, Scene::close_before_answer()),
    ] {
        rig.plugin.reset().await.unwrap();
        rig.gateway.push(scene);
        let _ = rig.say("once").await;
        assert_eq!(rig.gateway.turns().len(), turn);
    }
}

#[tokio::test]
async fn no_failed_answer_makes_it_ask_again() {
    let scenes: Vec<Scene> = vec![
        Http::new(500).text("broken").into(),
        Http::new(503)
            .header("Retry-After", "0")
            .text("soon")
            .into(),
        Scene::rate_limited(Some(0)),
        Scene::unauthorized(),
        Answer::new().delta("half").unfinished().then(End::Close),
        Answer::provider_failed().into(),
    ];
    for scene in scenes {
        let rig = Rig::new().await;
        rig.gateway.push(scene);
        rig.say("once").await.unwrap_err();
        assert_eq!(rig.gateway.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_connection_on_which_the_answer_was_not_read_to_its_end_is_not_used_again() {
    let rig = Rig::new().await;
    rig.gateway.push(Scene::reply("one").then(End::Silence));
    rig.say("one").await.unwrap();
    rig.say("two").await.unwrap();
    assert_eq!(within(rig.gateway.closed(1)).await, ClosedBy::Client);
    assert_eq!(rig.gateway.requests()[1].connection, 2);
}
