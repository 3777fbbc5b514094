//! `demo`: the guards and the faults, played against a fake gateway in this process.

mod scenes;
mod stage;

use std::time::Duration;

use host_shim::Locale;
use openclaw_core::exit;
use openclaw_core::locale::say;
use openclaw_render::CliError;

use crate::args::Global;
use crate::setup::component_source;
use scenes::SCENES;
use stage::{Miss, Stage};

/// A scene that takes longer hangs.
const SCENE_LIMIT: Duration = Duration::from_secs(30);

/// Plays every scene; the exit code is 0 only if each went as expected.
pub async fn run(global: &Global, locale: Locale) -> Result<u8, CliError> {
    let mut stage = Stage::build(component_source(global), locale).await?;
    let mut missed = 0;
    for (index, scene) in SCENES.iter().enumerate() {
        stage.title(index + 1, scene.title, scene.story)?;
        stage.reset().await?;
        let played = tokio::time::timeout(SCENE_LIMIT, (scene.play)(&mut stage));
        match played.await {
            Ok(Ok(())) => stage.as_expected()?,
            Ok(Err(Miss::Stop(stop))) => return Err(stop),
            Ok(Err(Miss::Other(what))) => {
                missed += 1;
                stage.not_as_expected(&what)?;
            }
            Err(_) => {
                missed += 1;
                stage
                    .not_as_expected(&format!("not finished after {} s", SCENE_LIMIT.as_secs()))?;
            }
        }
    }
    let all = SCENES.len();
    stage.say(&match missed {
        0 => say!(locale, en: "{all} scenes, all as expected", zh: "{all} 个场景，全部符合预期"),
        _ => say!(locale,
            en: "{all} scenes, {missed} not as expected",
            zh: "{all} 个场景，{missed} 个不符合预期"),
    })?;
    stage.close().await;
    Ok(if missed == 0 { exit::OK } else { exit::OTHER })
}
