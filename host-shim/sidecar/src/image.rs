//! The gateway's image: its name in the compose file, and pulling it.

use crate::compose_file;
use crate::dotenv;
use crate::engine::last_lines;
use crate::error::{self, Result};
use crate::lifecycle::{COMPOSE_LIMIT, Operator};
use crate::text::text;

impl Operator<'_> {
    /// Pulls the image of the version in `.env`, if it is not on this machine.
    ///
    /// # Errors
    ///
    /// It cannot be pulled.
    pub fn fetch_own(&self) -> Result<()> {
        let env = self.env()?;
        let version = env.get(dotenv::VERSION).unwrap_or_default();
        // If the compose file names its image in another way, Compose pulls it.
        self.image(version)
            .map_or(Ok(()), |image| self.fetch(&image))
    }

    /// Pulls an image, if it is not on this machine.
    ///
    /// # Errors
    ///
    /// It cannot be pulled; nothing has changed.
    pub fn fetch(&self, image: &str) -> Result<()> {
        if self.engine.has_image(image)? {
            return Ok(());
        }
        self.progress.step(&text!(
            en: "pulling {image} (usually a few minutes)",
            zh: "正在拉取 {image}（通常需要几分钟）"));
        self.progress.if_interrupted(text!(
            en: "Stopped while pulling the image. Nothing was changed, and finished layers are kept: run the same command to go on.",
            zh: "已中止：正在拉取镜像。没有做任何修改，已完成的层会保留；再次运行同一命令即可继续。"));
        self.files.step("before-pull");
        let name = format!("{} pull", self.engine.flavour().engine());
        let failed = |words: &str| error::cannot_pull(image, &name, words);
        match self.engine.pull(image, COMPOSE_LIMIT) {
            Ok(output) if output.status.success() => {
                self.files.step("after-pull");
                Ok(())
            }
            Ok(output) => Err(failed(&last_lines(&output.all(), 8))),
            Err(error) => Err(failed(&error.to_string()).caused_by(error)),
        }
    }

    /// The image of a version, as the compose file names it.
    ///
    /// # Errors
    ///
    /// It does not use the version variable.
    pub fn image(&self, version: &str) -> Result<String> {
        let file = compose_file::read(self.root)?.unwrap_or_default();
        compose_file::image_of(&file, self.root, &self.env()?, version)
            .ok_or_else(error::image_without_version)
    }
}
