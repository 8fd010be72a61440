//! Against small servers that answer by hand, well and badly.
