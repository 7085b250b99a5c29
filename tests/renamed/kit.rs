//! A crate of one's own that re-exports `delayed`.

pub use delayed as graphs;
