//! The plugin's handle: no executor needed, usable from any thread.

use super::*;
use host_shim::TurnRequest;

#[test]
fn a_plugin_can_be_used_without_an_executor() {
    let (gateway, runtime) = {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        (runtime.block_on(gateway()), runtime)
    };
    let reply = block_on_this_thread(async {
        let plugin = builder()
            .config(config(&gateway.url()))
            .build()
            .await
            .unwrap();
        plugin.ask(TurnRequest::new("hi")).reply().await
    });
    assert!(reply.is_ok(), "{reply:?}");
    drop(runtime);
}

/// The simplest executor that there can be.
fn block_on_this_thread<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut cx = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn the_component_is_described() {
    run(async {
        let plugin = builder().build().await.unwrap();
        let info = plugin.component_info();
        assert_eq!(info.world, format!("astr:openclaw/plugin@{}", info.version));
        assert!(
            info.exports
                .iter()
                .any(|name| name.starts_with("astr:openclaw/gateway@"))
        );
        assert!(
            info.imports
                .iter()
                .any(|name| name.starts_with("wasi:http/client@"))
        );
        assert!(
            !info.imports.iter().any(|name| name.contains("filesystem")),
            "{info:?}"
        );
        assert_eq!(info.sha256.len(), 64);
    });
}

#[test]
fn everything_can_be_sent_to_another_thread() {
    fn send<T: Send>(_: &T) {}
    fn send_and_sync<T: Send + Sync>() {}
    fn futures(plugin: &Plugin, turn: Turn) {
        send(&builder().build());
        send(&plugin.status());
        send(&plugin.diagnose(None));
        send(&plugin.reset());
        send(&plugin.configure(Config::default()));
        send(&plugin.close());
        send(&turn.reply());
    }
    send_and_sync::<Plugin>();
    send_and_sync::<Turn>();
    let _ = futures;
}
