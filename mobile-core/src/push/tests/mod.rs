//! Pushes in any order, against a truth that is computed apart.
