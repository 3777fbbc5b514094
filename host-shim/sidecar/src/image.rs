//! The gateway's image: what the compose file calls it, and getting it.

use crate::compose_file;
use crate::dotenv;
use crate::engine::last_lines;
use crate::layout::{COMPOSE, IMAGE};
use crate::lifecycle::{COMPOSE_LIMIT, Operator};
use crate::read_file;
use crate::text::{Problem, text};

impl Operator<'_> {
    /// Gets the image of the version that `.env` names, if it is not on this machine.
    ///
    /// # Errors
    ///
    /// It cannot be pulled.
    pub fn fetch_own(&self) -> Result<(), Problem> {
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
    pub fn fetch(&self, image: &str) -> Result<(), Problem> {
        if self.engine.has_image(image)? {
            return Ok(());
        }
        self.progress
            .step(&text!("pulling {image}", "正在拉取 {image}"));
        self.files.step("before-pull");
        let name = format!("{} pull", self.engine.flavour().engine());
        let failed = |words: String| {
            Problem::new(
                text!(
                    "{image} cannot be pulled; nothing was changed. `{name}` said:\n{words}",
                    "无法拉取 {image}；没有做任何修改。`{name}` 的输出：\n{words}"
                ),
                text!(
                    "There is no such version, no network, or no disk left.",
                    "没有这个版本、网络不通，或磁盘已满。"
                ),
                text!(
                    "Check the version's name and the network, then run the command again.",
                    "请检查版本名称和网络，然后重试。"
                ),
            )
        };
        match self.engine.pull(image, COMPOSE_LIMIT) {
            Ok(output) if output.status.success() => {
                self.files.step("after-pull");
                Ok(())
            }
            Ok(output) => Err(failed(last_lines(&output.all(), 8))),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// The image of a version, as the compose file names it.
    ///
    /// # Errors
    ///
    /// It is named without the variable, so that no version can be put in.
    pub fn image(&self, version: &str) -> Result<String, Problem> {
        let path = self.root.join(COMPOSE);
        let content = read_file::read_text(&path)
            .map_err(|error| Problem::io(&text!("read", "读取"), &path, &error))?;
        let file = compose_file::parse(&content).unwrap_or_default();
        let env = self.env()?;
        compose_file::image_of(&file, self.root, &env, version).ok_or_else(|| {
            Problem::new(
                text!("The service's image in {COMPOSE} does not use ${{OPENCLAW_VERSION}}.", "{COMPOSE} 中服务的镜像没有使用 ${{OPENCLAW_VERSION}}。"),
                text!("Then .env does not decide which version runs, and a change cannot be made or undone.", "这样 .env 无法决定运行的版本，也就无法变更或回退。"),
                text!("Write image: {IMAGE}:${{OPENCLAW_VERSION}}.", "请写成 image: {IMAGE}:${{OPENCLAW_VERSION}}。"),
            )
        })
    }
}
