//! A phone, put together, against a server that is a model.
