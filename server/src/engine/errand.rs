//! Errands of a group while a node of before them lives: it does only what it knows a table of.

use crate::store::group::Writes;
use crate::store::tables::{BlockCallRow, ErrandKind};

/// Writes errands where such a node looks for them. The leader takes them over from there once it
/// is a new one.
pub(super) fn as_before(writes: &mut Writes) {
    let blocks = writes.errands.extract_if(.., |errand| errand.kind == ErrandKind::Block.name());
    writes.block_calls.extend(blocks.map(BlockCallRow::from));
}
