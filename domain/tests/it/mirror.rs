//! What a client holds: gaps, repeats, snapshots taken while the world goes on.
