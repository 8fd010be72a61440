//! Against small servers that answer by hand, well and badly.

mod answers;
mod calls;
mod kept;
mod sent;
mod sockets;
mod sockets_at_fault;
mod stand;
mod tls;
