//! Packs the program's own source, which every node hands out: its licence
//! asks for that (AGPL-3.0, section 13), and who has a node can keep the
//! Forum going.

use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use tar::{Builder, Header};

/// What belongs to the source. A list, so that nothing that an operator put
/// beside it (settings, data) is ever handed out.
const PARTS: [&str; 23] = [
    ".cargo/config.toml",
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "FEDERATION.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "askama.toml",
    "benches",
    "build.rs",
    "clippy.toml",
    "config/default.toml",
    "docs",
    "federation-tests",
    "migrations",
    "rustfmt.toml",
    "src",
    "test",
    "tests",
];

/// Packages that the tests install.
const INSTALLED: &str = "node_modules";

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells it"));
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo tells it"));
    let file = File::create(target.join("source.tar.gz"))?;
    let mut archive = Builder::new(GzEncoder::new(file, Compression::best()));
    for part in PARTS {
        if root.join(part).exists() {
            pack(&mut archive, &root, Path::new(part))?;
        }
    }
    archive.into_inner()?.finish()?;
    Ok(())
}

/// Adds a file, or everything in a folder in the order of names, without
/// anything that differs from one machine to the next.
fn pack(archive: &mut Builder<impl io::Write>, root: &Path, part: &Path) -> io::Result<()> {
    let path = root.join(part);
    if path.is_dir() {
        let mut names: Vec<_> = fs::read_dir(&path)?
            .map(|entry| Ok(entry?.file_name()))
            .collect::<io::Result<_>>()?;
        names.sort();
        names.retain(|name| name != INSTALLED);
        for name in names {
            pack(archive, root, &part.join(name))?;
        }
        return Ok(());
    }
    println!("cargo:rerun-if-changed={}", part.display());
    let bytes = fs::read(&path)?;
    let mut header = Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(if is_program(&bytes) { 0o755 } else { 0o644 });
    let name = Path::new("virtual-forum").join(part);
    archive.append_data(&mut header, name, &bytes[..])
}

fn is_program(bytes: &[u8]) -> bool {
    bytes.starts_with(b"#!")
}
