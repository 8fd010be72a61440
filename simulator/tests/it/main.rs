//! The tests of the simulator, one binary.
