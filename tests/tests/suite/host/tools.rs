//! Tools: whose run, what the model is told, when they are stopped.

use super::*;
use host_shim::{Level, Plugin, Tool, ToolCall, ToolRunner, Turn, TurnRequest};
use openclaw_fake_gateway::{Answer, Scene};

fn weather() -> Tool {
    Tool {
        name: "weather".to_owned(),
        description: "Tells the weather".to_owned(),
        parameters: r#"{"type":"object"}"#.to_owned(),
        level: Level::ReadOnly,
        approval: Default::default(),
    }
}

/// A turn that may have the weather told by this runner.
fn how_is_the_weather(plugin: &Plugin, runner: Arc<dyn ToolRunner>) -> Turn {
    let mut request = TurnRequest::new("how is the weather?");
    request.level = Level::Act;
    request.tools = vec![weather()];
    plugin.ask_with(request, runner)
}

#[test]
fn tools_run_in_the_turns_own_runner_and_their_output_goes_back() {
    run(async {
        let gateway = gateway().await;
        let config = config(&gateway.url());
        let plugin = builder()
            .config(config)
            .tool_runner(tool("wrong"))
            .build()
            .await
            .unwrap();
        gateway.push(Answer::new().call("c1", "weather", r#"{"city":"北京"}"#));
        gateway.push(Scene::reply("sunny"));
        let (seen, calls) = std::sync::mpsc::channel();
        let seen = std::sync::Mutex::new(seen);
        let runner = Arc::new(
            move |turn: &str, call: ToolCall| -> futures::future::BoxFuture<'static, _> {
                seen.lock().unwrap().send((turn.to_owned(), call)).unwrap();
                Box::pin(async { Ok("22 °C".to_owned()) })
            },
        );
        let turn = how_is_the_weather(&plugin, runner);
        let id = turn.id().to_owned();
        let (events, reply) = collect(turn).await;
        assert_eq!(reply.unwrap().text, "sunny");
        let (turn, call) = calls.recv().unwrap();
        assert_eq!((&turn, call.name.as_str()), (&id, "weather"));
        assert_eq!(call.arguments_object().unwrap()["city"], "北京");
        // An id of our own: the gateway's is only there to answer it.
        assert_eq!(call.id, format!("{id}-1"));
        assert!(events.contains(&Event::ToolEnded {
            call: call.id,
            succeeded: true
        }));
        let body = String::from_utf8(gateway.request(2).await.body).unwrap();
        assert!(body.contains("22 °C"), "{body}");
    });
}

/// The turn goes on, the caller sees that the tool failed, and the model is told why.
fn is_an_error_for_the_model_and_nothing_else(runner: Arc<dyn ToolRunner>, why: &str) {
    run(async {
        let (gateway, plugin) = pair().await;
        gateway.push(Answer::new().call("c1", "weather", "{}"));
        gateway.push(Scene::reply("sorry"));
        let turn = how_is_the_weather(&plugin, runner);
        let call = format!("{}-1", turn.id());
        let (events, reply) = collect(turn).await;
        assert_eq!(reply.unwrap().text, "sorry");
        assert!(events.contains(&Event::ToolEnded {
            call,
            succeeded: false
        }));
        let body = String::from_utf8(gateway.request(2).await.body).unwrap();
        assert!(body.contains(why), "{body}");
    });
}

#[test]
fn a_tool_that_panics_is_an_error_for_the_model_and_nothing_else() {
    let panics =
        |_: &str, _: ToolCall| -> futures::future::BoxFuture<'static, Result<String, String>> {
            Box::pin(async { panic!("on purpose") })
        };
    is_an_error_for_the_model_and_nothing_else(Arc::new(panics), "the tool panicked");
}

#[test]
fn a_tool_that_gives_too_much_is_an_error_for_the_model_and_nothing_else() {
    // More than the component's memory, too.
    let long: &'static str = "x".repeat(100 << 20).leak();
    is_an_error_for_the_model_and_nothing_else(tool(long), "has 104857600 bytes");
}
