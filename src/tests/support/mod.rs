//! What the end-to-end tests are made of.

pub(crate) mod binomial;
pub(crate) mod certificates;
pub(crate) mod client;
pub(crate) mod demo;
pub(crate) mod envoy;
pub(crate) mod envoy_process;
pub(crate) mod evaluated;
pub(crate) mod http1;
pub(crate) mod judge;
pub(crate) mod network;
pub(crate) mod sidecars;
pub(crate) mod stage;
pub(crate) mod upstream;
