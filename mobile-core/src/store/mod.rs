//! Everything the phone keeps, sealed.
