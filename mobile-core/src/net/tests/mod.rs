//! Against small servers that answer by hand, well and badly.

mod answers;
mod calls;
mod kept;
mod packed;
mod sent;
pub(crate) mod sockets;
mod sockets_at_fault;
pub(crate) mod stand;
mod tls;
