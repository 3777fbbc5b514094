//! The fault table, end to end: for each row what brings it about, what the fault says, and whether
//! it counts for the breaker. What a gateway may put on the wire is in the table of `matrix`.

mod answers;
mod network;
mod own;
mod requests;
mod time_limits;
mod trap;

use host_shim::{Fault, FaultCode};
use openclaw_fake_gateway::Scene;
use openclaw_tests::rig::{Rig, TOKEN};

/// Plays a scene to a plain turn that must end with this fault, and checks what every fault keeps:
/// texts that say cause and remedy, no token, one request, and that it counts as the table says.
async fn fault_of(scene: impl Into<Scene>, code: FaultCode) -> Fault {
    let rig = Rig::new().await;
    rig.gateway.push(scene);
    let fault = rig.say("hi").await.unwrap_err();
    check(&rig, &fault, code).await;
    assert_eq!(rig.gateway.turns().len(), 1, "asked exactly once");
    fault
}

/// What every fault keeps, and whether it has counted once.
async fn check(rig: &Rig, fault: &Fault, code: FaultCode) {
    assert_eq!(fault.code, code, "{fault:?}");
    check_texts(fault);
    let breaker = rig.plugin.status().await.unwrap().breakers.primary.unwrap();
    assert_eq!(
        breaker.failures,
        u32::from(code.counts_for_breaker()),
        "counted, or not"
    );
}

/// What the texts of every fault keep.
pub(crate) fn check_texts(fault: &Fault) {
    // The code's own texts, or those of this occurrence, which the table of answers tests.
    assert!(
        fault.cause.ends_with('.') && fault.cause.is_ascii(),
        "{fault:?}"
    );
    assert!(
        fault.remedy.ends_with('.') && fault.remedy.is_ascii(),
        "{fault:?}"
    );
    assert!(!fault.message.is_empty(), "{fault:?}");
    assert!(
        !format!("{fault:?}").contains(TOKEN),
        "the token is in the fault"
    );
    // However much the gateway says.
    assert!(fault.message.len() < 2000, "{} bytes", fault.message.len());
}
