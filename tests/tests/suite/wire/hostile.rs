//! Words of a gateway that means no good. What else it may put on the wire is in the table of `matrix`.

use host_shim::FaultCode::RequestRejected;
use openclaw_fake_gateway::Scene;
use openclaw_tests::rig::Rig;

#[tokio::test]
async fn words_of_the_gateway_are_shown_in_bounds_and_without_control_characters() {
    let rig = Rig::new().await;
    let words = format!("\u{1b}[31mred\u{7} {}", "long ".repeat(10_000));
    rig.gateway.push(Scene::bad_request(&words));
    let fault = rig.say("hi").await.unwrap_err();
    assert_eq!(fault.code, RequestRejected);
    assert!(fault.message.contains("red"), "{fault:?}");
    assert!(
        !fault.message.chars().any(|c| c.is_control() && c != '\n'),
        "{fault:?}"
    );
    assert!(
        fault.message.len() < 2000,
        "{} bytes of message",
        fault.message.len()
    );
}

#[tokio::test]
async fn a_gateway_that_repeats_the_token_does_not_get_it_into_a_fault() {
    let rig = Rig::new().await;
    let words = format!("bad token {}", openclaw_tests::rig::TOKEN);
    rig.gateway.push(Scene::bad_request(&words));
    let fault = rig.say("hi").await.unwrap_err();
    assert!(
        !format!("{fault:?}").contains(openclaw_tests::rig::TOKEN),
        "{fault:?}"
    );
}
