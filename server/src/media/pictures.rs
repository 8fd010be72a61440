//! Small pictures of what customers and agents send, each made by a process of its own.
//!
//! The server never decodes a file. It writes the bytes to `baton media-worker` and reads back a
//! size and a JPEG. A worker that does not end in time is killed. What comes back is a stranger's
//! too: it is bounded, and sent as a JPEG and nothing else.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use baton_protocol::Picture;
use futures_util::TryStreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::worker::{HEAD_BYTES, INPUT_BYTES_MAX, NO_SANDBOX, OUTPUT_BYTES_MAX};
use super::{Bytes, MediaStore, Place};

/// Workers at once.
const WORKERS_MAX: usize = 2;
/// From its start to its end. Of computing it has less.
const WITHIN: Duration = Duration::from_secs(10);
/// A start fails for want of memory or processes, mostly for a moment.
const TRIES: u32 = 3;
const AGAIN: Duration = Duration::from_millis(500);
const SIDE_MAX: u32 = 65_535;

/// Makes small pictures.
pub struct Pictures {
    /// `None` where none are made.
    program: Option<PathBuf>,
    free: Semaphore,
}

impl fmt::Debug for Pictures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pictures").field("program", &self.program).finish_non_exhaustive()
    }
}

/// A small picture, and the size of the one that it was made of.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Small {
    /// The size of the picture, as it is drawn.
    picture: Picture,
    /// A JPEG.
    jpeg: Vec<u8>,
}

/// Why there is no small picture.
#[derive(Debug, thiserror::Error)]
enum NoSmall {
    /// None are made here.
    #[error("small pictures are turned off")]
    Off,
    /// It is too large to be read.
    #[error("the file is too large")]
    TooLarge,
    /// The file is not there.
    #[error("the file is not there")]
    Missing,
    /// Nobody can draw it, or not in time.
    #[error("the file cannot be drawn")]
    Unfit,
    /// It would be made without protection.
    #[error("this system gives a process no way to give up files and network")]
    Unprotected,
    /// The worker could not be started, or the file not be read.
    #[error("{0}")]
    Failed(#[from] io::Error),
}

impl Pictures {
    /// Made by this program, started anew as `media-worker`.
    pub fn by(program: &Path) -> Self {
        Self { program: Some(program.to_owned()), free: Semaphore::new(WORKERS_MAX) }
    }

    /// None are made.
    pub fn off() -> Self {
        Self { program: None, free: Semaphore::new(0) }
    }

    /// The program that runs; also after its file was replaced by an upgrade.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn this_program() -> io::Result<PathBuf> {
        let own = Path::new("/proc/self/exe");
        if own.exists() { Ok(own.to_owned()) } else { std::env::current_exe() }
    }

    /// Makes the small picture of a file and keeps it beside the file. Gives the picture's size;
    /// `None` where there is none, which is for good: it is not tried again.
    pub async fn make(&self, store: &dyn MediaStore, place: Place, bytes: u64) -> Option<Picture> {
        let made = match self.small(store, place, bytes).await {
            Ok(small) => store.put_small(place, small.jpeg).await.map(|()| small.picture),
            Err(NoSmall::Off) => return None,
            Err(NoSmall::Failed(error)) => Err(error),
            Err(why @ NoSmall::Unprotected) => {
                tracing::warn!(%why, "small pictures are not made: set media.small_pictures");
                return None;
            }
            Err(why @ (NoSmall::TooLarge | NoSmall::Missing | NoSmall::Unfit)) => {
                tracing::info!(message_id = %place.message, %why, "there is no small picture");
                return None;
            }
        };
        match made {
            Ok(picture) => Some(picture),
            Err(error) => {
                tracing::warn!(message_id = %place.message, %error, "there is no small picture");
                None
            }
        }
    }

    /// The small picture of a file.
    async fn small(
        &self,
        store: &dyn MediaStore,
        place: Place,
        bytes: u64,
    ) -> Result<Small, NoSmall> {
        let program = self.program.as_deref().ok_or(NoSmall::Off)?;
        if bytes > INPUT_BYTES_MAX {
            return Err(NoSmall::TooLarge);
        }
        // As many wait as files are fetched and uploaded at once.
        let _turn = self.free.acquire().await.map_err(|_closed| NoSmall::Off)?;
        let mut tries = 1;
        let child = loop {
            match start(program.as_os_str()) {
                Ok(child) => break child,
                Err(error) if tries == TRIES => return Err(error.into()),
                Err(_) => tries += 1,
            }
            tokio::time::sleep(AGAIN).await;
        };
        let input = store.get(place, 0, bytes).await?.ok_or(NoSmall::Missing)?;
        // Dropped at the end of its time, it is killed.
        timeout(WITHIN, run(child, input)).await.map_err(|_late| NoSmall::Unfit)?
    }
}

fn start(program: &OsStr) -> io::Result<Child> {
    Command::new(program)
        .arg("media-worker")
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

async fn run(mut child: Child, mut input: Bytes) -> Result<Small, NoSmall> {
    let (mut to, from) = child.stdin.take().zip(child.stdout.take()).ok_or(NoSmall::Unfit)?;
    let writes = async move {
        while let Some(piece) = input.try_next().await? {
            // A worker that has seen enough has closed it.
            if to.write_all(&piece).await.is_err() {
                break;
            }
        }
        drop(to);
        Ok::<_, NoSmall>(())
    };
    let reads = async {
        let mut output = Vec::new();
        let most = (HEAD_BYTES + OUTPUT_BYTES_MAX + 1) as u64;
        from.take(most).read_to_end(&mut output).await?;
        Ok::<_, NoSmall>(output)
    };
    let ((), output) = tokio::try_join!(writes, reads)?;
    let status = child.wait().await?;
    if status.code() == Some(NO_SANDBOX.into()) {
        return Err(NoSmall::Unprotected);
    }
    if !status.success() {
        return Err(NoSmall::Unfit);
    }
    read(output).ok_or(NoSmall::Unfit)
}

fn read(mut output: Vec<u8>) -> Option<Small> {
    if output.len() < HEAD_BYTES {
        return None;
    }
    let jpeg = output.split_off(HEAD_BYTES);
    let (width, height) = output.split_first_chunk()?;
    let (width, height) = (u32::from_be_bytes(*width), height.try_into().ok()?);
    let picture = Picture { width, height: u32::from_be_bytes(height) };
    let is_side = |side: u32| (1..=SIDE_MAX).contains(&side);
    let is_fit = is_side(picture.width) && is_side(picture.height);
    let is_jpeg = jpeg.starts_with(&[0xff, 0xd8, 0xff]) && jpeg.len() <= OUTPUT_BYTES_MAX;
    (is_fit && is_jpeg).then_some(Small { picture, jpeg })
}

/// Whether a small picture is made of files that are said to be of this type. The worker looks at
/// the bytes.
pub fn is_drawn(media_type: &str) -> bool {
    const DRAWN: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];
    let bare = media_type.split(';').next().unwrap_or_default().trim();
    DRAWN.iter().any(|drawn| bare.eq_ignore_ascii_case(drawn))
}
