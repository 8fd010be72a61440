//! Small pictures and waveforms of what customers and agents send, each made by a process of its
//! own.
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

use baton_protocol::{Peaks, Picture, Sound};
use futures_util::TryStreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::worker::{
    DURATION_MS_MAX, HEAD_BYTES, INPUT_BYTES_MAX, NO_SANDBOX, OUTPUT_BYTES_MAX, PEAKS, SOUND,
};
use super::{Bytes, MediaStore, ObjectKey};

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

/// What is told of a file besides its size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Preview {
    /// The size of a picture that there is a small one of.
    pub picture: Option<Picture>,
    /// How a voice note sounds.
    pub sound: Option<Sound>,
}

/// What a worker made of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Made {
    /// A small picture, a JPEG, and the size of the one that it was made of, as it is drawn.
    Small { picture: Picture, jpeg: Vec<u8> },
    /// What was heard.
    Heard(Sound),
}

/// Why there is no small picture.
#[derive(Debug, thiserror::Error)]
pub enum NoSmall {
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
    #[error("the file can be neither drawn nor heard")]
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

    /// Makes the small picture of a file and keeps it beside the file, or listens to it. Where
    /// there is nothing to tell, that is for good: it is not tried again.
    pub async fn make(&self, store: &dyn MediaStore, place: ObjectKey, bytes: u64) -> Preview {
        let none = Preview::default();
        let made = match self.made(bytes, store.get(place, 0, bytes)).await {
            Ok(Made::Small { picture, jpeg }) => {
                let kept = store.put_small(place, jpeg).await;
                kept.map(|()| Preview { picture: Some(picture), ..none })
            }
            Ok(Made::Heard(sound)) => Ok(Preview { sound: Some(sound), ..none }),
            Err(NoSmall::Off) => return none,
            Err(NoSmall::Failed(error)) => Err(error),
            Err(why @ NoSmall::Unprotected) => {
                tracing::warn!(%why, "small pictures are not made: set media.small_pictures");
                return none;
            }
            Err(why @ (NoSmall::TooLarge | NoSmall::Missing | NoSmall::Unfit)) => {
                tracing::info!(message_id = %place.message, %why, "there is no preview");
                return none;
            }
        };
        match made {
            Ok(preview) => preview,
            Err(error) => {
                tracing::warn!(message_id = %place.message, %error, "there is no small picture");
                none
            }
        }
    }

    /// The small JPEG of a picture that is here whole.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn small_of(&self, picture: Vec<u8>) -> Result<Vec<u8>, NoSmall> {
        let bytes = picture.len() as u64;
        let input = async move {
            let once = futures_util::stream::once(std::future::ready(Ok(picture)));
            Ok(Some(Box::pin(once) as Bytes))
        };
        match self.made(bytes, input).await? {
            Made::Small { jpeg, .. } => Ok(jpeg),
            Made::Heard(_) => Err(NoSmall::Unfit),
        }
    }

    /// What a worker makes of a file.
    async fn made(
        &self,
        bytes: u64,
        input: impl Future<Output = io::Result<Option<Bytes>>> + Send,
    ) -> Result<Made, NoSmall> {
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
        let input = input.await?.ok_or(NoSmall::Missing)?;
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

async fn run(mut child: Child, mut input: Bytes) -> Result<Made, NoSmall> {
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
    let made = read(output).ok_or(NoSmall::Unfit)?;
    // A worker that a sound killed has told how long it is.
    let is_whole = status.success() || matches!(made, Made::Heard(Sound { peaks: None, .. }));
    is_whole.then_some(made).ok_or(NoSmall::Unfit)
}

fn read(mut output: Vec<u8>) -> Option<Made> {
    if let Some(heard) = output.strip_prefix(&SOUND.to_be_bytes()) {
        return sound(heard).map(Made::Heard);
    }
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
    (is_fit && is_jpeg).then_some(Made::Small { picture, jpeg })
}

fn sound(heard: &[u8]) -> Option<Sound> {
    let (duration_ms, peaks) = heard.split_first_chunk()?;
    let duration_ms = u64::from_be_bytes(*duration_ms);
    let peaks = match peaks {
        [] => None,
        peaks => Some(Peaks::new(<[u8; PEAKS]>::try_from(peaks).ok()?)?),
    };
    (1..=DURATION_MS_MAX).contains(&duration_ms).then_some(Sound { duration_ms, peaks })
}

/// Whether a worker looks at files that are said to be of this type. It believes the bytes alone.
pub fn has_preview(media_type: &str) -> bool {
    const DRAWN: [&str; 5] = ["audio/ogg", "audio/opus", "image/jpeg", "image/png", "image/webp"];
    let bare = media_type.split(';').next().unwrap_or_default().trim();
    DRAWN.iter().any(|drawn| bare.eq_ignore_ascii_case(drawn))
}
