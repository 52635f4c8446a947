use std::path::Path;

use diag::{Error, Result};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::collection::Name;
use crate::collection::metadata::Metadata;
use crate::files;
use crate::version::Version;

/// `MANIFEST.json`: what a finished collection is, and the hash of the list of its files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) collection_info: Info,
    pub(crate) file_manifest_file: Item,
    pub(crate) format: u32,
}

/// What a finished collection says about itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Info {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    #[serde(default)]
    pub(crate) authors: Vec<String>,
    #[serde(default)]
    pub(crate) readme: Option<String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) license: Vec<String>,
    #[serde(default)]
    pub(crate) license_file: Option<String>,
    #[serde(default)]
    pub(crate) dependencies: Option<IndexMap<String, String>>,
    #[serde(default)]
    pub(crate) repository: Option<String>,
    #[serde(default)]
    pub(crate) documentation: Option<String>,
    #[serde(default)]
    pub(crate) homepage: Option<String>,
    #[serde(default)]
    pub(crate) issues: Option<String>,
}

/// `FILES.json`: the files and folders of a finished collection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FileList {
    pub(crate) files: Vec<Item>,
    pub(crate) format: u32,
}

/// A file or folder and its hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) ftype: String,
    pub(crate) chksum_type: Option<String>,
    pub(crate) chksum_sha256: Option<String>,
    pub(crate) format: u32,
}

impl Item {
    pub(crate) fn file(name: &str, sha256: String) -> Item {
        Item {
            name: name.to_owned(),
            ftype: "file".into(),
            chksum_type: Some("sha256".into()),
            chksum_sha256: Some(sha256),
            format: 1,
        }
    }

    pub(crate) fn folder(name: &str) -> Item {
        Item { name: name.to_owned(), ftype: "dir".into(), chksum_type: None, chksum_sha256: None, format: 1 }
    }

    pub(crate) fn is_file(&self) -> bool {
        self.ftype == "file"
    }
}

impl Manifest {
    /// The manifest of a collection with these files, and the list of files as it is written.
    pub(crate) fn of(metadata: &Metadata, files: Vec<Item>) -> Result<(Manifest, Vec<u8>)> {
        let list = to_json(&FileList { files, format: 1 })?;
        let sha256 = files::hash(&list[..]).map_err(|error| Error::new("can't hash").cause(error))?;
        let info = Info {
            namespace: metadata.name.namespace.clone(),
            name: metadata.name.name.clone(),
            version: metadata.version.as_ref().map(ToString::to_string),
            authors: metadata.authors.clone(),
            readme: Some(metadata.readme.clone()),
            tags: metadata.tags.clone(),
            description: metadata.description.clone(),
            license: metadata.license.clone(),
            license_file: metadata.license_file.clone(),
            dependencies: Some(metadata.dependencies.clone()),
            repository: metadata.repository.clone(),
            documentation: metadata.documentation.clone(),
            homepage: metadata.homepage.clone(),
            issues: metadata.issues.clone(),
        };
        let file_manifest_file = Item::file("FILES.json", sha256);
        Ok((Manifest { collection_info: info, file_manifest_file, format: 1 }, list))
    }

    /// Reads the text of one.
    ///
    /// # Errors
    /// It is something else; `place` is where it stands.
    pub(crate) fn parse(text: &[u8], place: &Path) -> Result<Manifest> {
        parse(text, "MANIFEST.json", place)
    }

    /// The collection's name.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn name(&self) -> Result<Name> {
        Name::given(&format!("{}.{}", self.collection_info.namespace, self.collection_info.name))
    }

    /// The collection's version, if it has one.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn version(&self) -> Result<Option<Version>> {
        let Some(text) = &self.collection_info.version else { return Ok(None) };
        Version::parse(text).map(Some).ok_or_else(|| {
            let info = &self.collection_info;
            Error::new(format!(
                "Invalid version found for the collection '{}.{}:{text}': {text} (<class 'str'>). A SemVer-compliant \
                 version or '*' is required.",
                info.namespace, info.name
            ))
        })
    }
}

impl FileList {
    /// Reads the text of one, and makes sure that it is the one that the manifest means.
    ///
    /// # Errors
    /// It is something else; `place` is where it stands.
    pub(crate) fn parse(text: &[u8], manifest: &Manifest, place: &Path) -> Result<FileList> {
        let sha256 = files::hash(text).map_err(|error| Error::new("can't hash").cause(error))?;
        if manifest.file_manifest_file.chksum_sha256.as_deref() != Some(&sha256) {
            return Err(Error::new(format!(
                "Mismatch tarfile hash for 'FILES.json' in '{}': it is not the one that MANIFEST.json means",
                place.display()
            )));
        }
        parse(text, "FILES.json", place)
    }
}

fn parse<T: for<'a> Deserialize<'a>>(text: &[u8], name: &str, place: &Path) -> Result<T> {
    serde_json::from_slice(text).map_err(|error| {
        Error::new(format!("Collection file at '{}' does not contain a valid {name}", place.display()))
            .cause(error)
    })
}

/// JSON as Ansible's tools write it: every level is indented by one space.
pub(crate) fn to_json(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    value
        .serialize(&mut serde_json::Serializer::with_formatter(&mut text, formatter))
        .map_err(|error| Error::new("can't write JSON").cause(error))?;
    Ok(text)
}
