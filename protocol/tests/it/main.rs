//! The wire, frame by frame: `fixtures/*.json` are read by clients in every language.

#[cfg(test)]
mod future;
#[cfg(test)]
mod golden;
