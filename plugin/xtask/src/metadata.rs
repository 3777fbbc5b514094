//! What a file says of itself.

use anyhow::Result;
use wasm_metadata::{
    AddMetadata, AddMetadataField, Description, Homepage, Licenses, Revision, Source, Version,
};

/// Writes name, version, licence, source and revision into a component.
pub fn add(
    component: &[u8],
    name: &str,
    description: &str,
    revision: Option<&str>,
) -> Result<Vec<u8>> {
    let repository = env!("CARGO_PKG_REPOSITORY");
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(name.to_owned());
    metadata.description = AddMetadataField::Set(Description::new(description.to_owned()));
    metadata.version = AddMetadataField::Set(Version::new(env!("CARGO_PKG_VERSION")));
    metadata.licenses = AddMetadataField::Set(Licenses::new(env!("CARGO_PKG_LICENSE"))?);
    metadata.source = AddMetadataField::Set(Source::new(repository)?);
    metadata.homepage = AddMetadataField::Set(Homepage::new(repository)?);
    if let Some(revision) = revision {
        metadata.revision = AddMetadataField::Set(Revision::new(revision.to_owned()));
    }
    metadata.to_wasm(component)
}
