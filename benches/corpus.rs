//! Writes the two texts into a folder, once, and says what is in them.
#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use millrace_benches::args::Args;
use millrace_benches::corpus::{Kind, VERSION, census};
use millrace_types::reason;

const USAGE: &str = "usage: corpus [--dir DIR] [--bytes N] [--kind natural|zipf]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("corpus: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let args = Args::from_env(&["dir", "bytes", "kind"], USAGE)?;
    let dir: PathBuf = args
        .option("dir")?
        .unwrap_or_else(|| PathBuf::from("target/corpora"));
    let bytes: usize = args.option("bytes")?.unwrap_or(100_000_000);
    let wanted: Option<String> = args.option("kind")?;
    let chosen = |kind: &Kind| wanted.as_deref().is_none_or(|name| name == kind.name());
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(chosen).collect();
    if kinds.is_empty() || !args.operands().is_empty() {
        return Err(args.wrong("the kinds of text are natural and zipf"));
    }
    fs::create_dir_all(&dir).map_err(|error| format!("{}: {}", dir.display(), reason(&error)))?;
    for kind in kinds {
        let path = dir.join(format!("{}.txt", kind.name()));
        println!("{}", provide(kind, bytes, &path)?);
    }
    Ok(())
}

/// Writes a text unless the folder has it already, and returns its description,
/// which is kept beside it: counting a million words takes longer than reading
/// what they were last time.
fn provide(kind: Kind, bytes: usize, path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{}: {}", path.display(), reason(&error));
    let description = path.with_extension("json");
    let head = format!(
        "{{\"corpus\":\"{}\",\"version\":{VERSION},\"asked\":{bytes},\"path\":{path:?}",
        kind.name()
    );
    if let (Ok(kept), Ok(file)) = (fs::read_to_string(&description), fs::metadata(path)) {
        let size = format!("\"bytes\":{},", file.len());
        if kept.starts_with(&head) && kept.contains(&size) {
            return Ok(kept.trim_end().to_owned());
        }
    }
    let text = kind.generate(bytes);
    fs::write(path, &text).map_err(failed)?;
    let census = census(&text);
    let line = format!(
        "{head},\"bytes\":{},\"words\":{},\"distinct\":{},\"top_word_share\":{:.4},\
         \"checksum\":\"{:016x}\"}}",
        text.len(),
        census.words,
        census.distinct,
        census.top as f64 / census.words as f64,
        census.checksum
    );
    fs::write(&description, format!("{line}\n")).map_err(failed)?;
    Ok(line)
}
