//! Random configurations of a gateway and random requests to them, the same for the same seed.

mod cluster;
mod gateways;
pub(crate) mod native;
mod request;
mod virtual_service;

use serde_json::Value;

pub(crate) use request::requests;

/// A sequence of numbers (splitmix64, Steele et al., 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number.
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0, below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(self.number() % end).unwrap_or(0)
    }

    /// True in this percentage of cases.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub(crate) fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// This many of these, or fewer, in their order.
    pub(crate) fn some<T: Clone>(&mut self, all: &[T], at_most: usize) -> Vec<T> {
        let wanted = 1 + self.below(at_most);
        let mut kept: Vec<usize> = (0..wanted).map(|_| self.below(all.len())).collect();
        kept.sort_unstable();
        kept.dedup();
        kept.into_iter().map(|at| all[at].clone()).collect()
    }
}

/// The YAML of a cluster with an ingress gateway, and of what is configured for it. `certificate` and `key` are PEM
/// texts in base64, for the gateway's TLS.
pub(crate) fn configuration(seed: u64, certificate: &str, key: &str) -> String {
    let mut random = Random::new(seed);
    let mut objects = cluster::objects(&mut random);
    objects.push(gateways::secret(certificate, key));
    let names = gateways::add(&mut random, &mut objects);
    virtual_service::add(&mut random, &names, &mut objects);
    documents(&objects)
}

/// The YAML of the same cluster, and of what is configured for the calls of the pod `default/client-1`.
pub(crate) fn sidecar(seed: u64) -> String {
    let mut random = Random::new(seed ^ 0x51de_ca00_0000_0000);
    let mut objects = cluster::objects(&mut random);
    cluster::client(&mut objects);
    virtual_service::add_for_mesh(&mut random, &mut objects);
    documents(&objects)
}

fn documents(objects: &[Value]) -> String {
    objects.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n")
}
