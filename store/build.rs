//! Finds the migrations: the files of `src/migrations` are the list.

use std::path::Path;

#[path = "src/database/listing.rs"]
mod listing;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo says where it is")?;
    let folder = Path::new(&here).join("src/migrations");
    println!("cargo::rerun-if-changed=src/migrations");
    println!("cargo::rerun-if-changed=src/database/listing.rs");
    let mut names = Vec::new();
    for file in std::fs::read_dir(&folder)? {
        names.push(file?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let list = match listing::listed(&names) {
        Ok(migrations) => listing::rendered(&migrations, &folder.to_string_lossy()),
        // Said where the list is read: the compiler shows it without the noise around it.
        Err(wrong) => format!("compile_error!({wrong:?});\nconst FOUND: &[Migration] = &[];\n"),
    };
    let out = std::env::var_os("OUT_DIR").ok_or("cargo says where to write")?;
    std::fs::write(Path::new(&out).join("migrations.rs"), list)?;
    Ok(())
}
