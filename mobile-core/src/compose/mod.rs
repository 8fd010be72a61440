//! The lease and the draft, bound to typing.
