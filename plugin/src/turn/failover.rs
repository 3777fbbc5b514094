//! Gateway selection: the primary, or the backup if nothing can have reached the primary.

use super::run::{Run, outcome};
use crate::fault::Fault;
use crate::gateway::answer::Answer;
use crate::gateway::request::Ask;
use crate::host::{Events, Host};
use crate::text;
use openclaw_core::fault::FaultCode;
use openclaw_core::turn::NoticeCode;

impl<H: Host, E: Events> Run<'_, H, E> {
    /// Sends the first request to the primary, or to the backup if nothing can have reached the primary.
    pub(super) async fn first(&self, ask: Ask<'_>) -> Result<(usize, Answer), Fault> {
        let locale = self.config.locale;
        let has_backup = self.config.gateways.len() > 1;
        let now = self.host.now_ms();
        let (why, fault) = match self.state.admit(0, self.config, now) {
            Ok(permit) => {
                self.hold(permit);
                self.warn(0).await?;
                match self.request(0, ask).await {
                    Ok(answer) => return Ok((0, answer)),
                    Err(failed) if failed.nothing_sent && has_backup => {
                        self.settle(outcome(Some(&failed.fault)));
                        (failed.fault.message.clone(), failed.fault)
                    }
                    Err(failed) => return Err(failed.fault),
                }
            }
            Err(retry_ms) => {
                let words = text::circuit_open(locale, retry_ms);
                let mut fault = Fault::new(FaultCode::CircuitOpen, words.clone());
                fault.retry_after_ms = Some(retry_ms);
                if !has_backup {
                    return Err(fault);
                }
                (words, fault)
            }
        };
        match self.state.admit(1, self.config, self.host.now_ms()) {
            Ok(permit) => {
                self.hold(permit);
                let words = text::failed_over(locale, &why);
                self.say(NoticeCode::FailedOver, words).await?;
                self.warn(1).await?;
                match self.request(1, ask).await {
                    Ok(answer) => Ok((1, answer)),
                    Err(mut failed) => {
                        failed.fault.message = format!("{}; {why}", failed.fault.message);
                        Err(failed.fault)
                    }
                }
            }
            Err(backup_ms) => Err(Fault {
                retry_after_ms: fault
                    .retry_after_ms
                    .map(|primary_ms| primary_ms.min(backup_ms)),
                ..fault
            }),
        }
    }

    /// Sends the notices due before a gateway is asked.
    async fn warn(&self, at: usize) -> Result<(), Fault> {
        if self.state.take_may_still_run(at) {
            let words = text::may_still_run(self.config.locale);
            self.say(NoticeCode::MayStillRun, words).await?;
        }
        let shortened = self.shortened(at);
        if !shortened.is_empty() && !self.shortened_said.replace(true) {
            self.say(NoticeCode::AttachmentShortened, shortened).await?;
        }
        Ok(())
    }
}
