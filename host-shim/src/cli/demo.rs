use super::{args::Global, problem::Stop};
use host_shim::Locale;
pub async fn run(_: &Global, _: Locale) -> Result<u8, Stop> {
    Ok(1)
}
