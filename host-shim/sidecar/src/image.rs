//! The gateway's image: what the compose file calls it, and getting it.

use crate::compose_file;
use crate::dotenv;
use crate::engine::last_lines;
use crate::error::{self, Result};
use crate::lifecycle::{COMPOSE_LIMIT, Operator};
use crate::text::text;

impl Operator<'_> {
    /// Gets the image of the version that `.env` names, if it is not on this machine.
    ///
    /// # Errors
    ///
    /// It cannot be pulled.
    pub fn fetch_own(&self) -> Result<()> {
        let env = self.env()?;
        let version = env.get(dotenv::VERSION).unwrap_or_default();
        // A compose file that names its image in another way is Compose's to pull.
        self.image(version)
            .map_or(Ok(()), |image| self.fetch(&image))
    }

    /// Gets an image, if it is not on this machine.
    ///
    /// # Errors
    ///
    /// It cannot be pulled; nothing has changed.
    pub fn fetch(&self, image: &str) -> Result<()> {
        if self.engine.has_image(image)? {
            return Ok(());
        }
        self.progress
            .step(&text!(en: "pulling {image}", zh: "正在拉取 {image}"));
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
    /// It is named without the variable, so that no version can be put in.
    pub fn image(&self, version: &str) -> Result<String> {
        let file = compose_file::read(self.root)?.unwrap_or_default();
        compose_file::image_of(&file, self.root, &self.env()?, version)
            .ok_or_else(error::image_without_version)
    }
}
