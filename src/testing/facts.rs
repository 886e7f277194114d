//! What the way of a request says, in the words of tests.

use crate::explain::provenance::Citation;
use crate::simulate::{End, Fault, Forward, Injection, Outcome, Share};

/// The way of a request.
pub struct Facts<'a> {
    /// The way.
    pub outcome: &'a Outcome,
    /// What the user wrote that made the route; empty where that is not known.
    pub route_origins: &'a [Citation],
}

impl<'a> Facts<'a> {
    /// Where it goes and as what, where it is HTTP and goes anywhere.
    pub(super) fn forward(&self) -> Option<&'a Forward> {
        match &self.outcome.end {
            End::Forward(forward) => Some(forward),
            _ => None,
        }
    }

    /// The clusters that get a part.
    fn shares(&self) -> impl Iterator<Item = &'a Share> {
        let shares: &[Share] = match &self.outcome.end {
            End::Forward(forward) => &forward.clusters,
            End::Tcp(forward) => &forward.clusters,
            End::Redirect { .. } | End::DirectResponse { .. } | End::Fault(_) => &[],
        };
        shares.iter().filter(|share| share.weight > 0)
    }

    /// Names of the clusters.
    pub(super) fn clusters(&self) -> Vec<String> {
        self.shares().map(|share| share.cluster.clone()).collect()
    }

    /// Host and port of the clusters that have Istio's names.
    pub(super) fn destinations(&self) -> Vec<(String, String)> {
        let parts = self.shares().filter_map(|share| Destination::of(&share.cluster));
        parts.map(|it| (it.host.to_owned(), it.port.to_owned())).collect()
    }

    /// Subsets of the clusters that have one.
    pub(super) fn subsets(&self) -> Vec<String> {
        let parts = self.shares().filter_map(|share| Destination::of(&share.cluster));
        parts.filter(|it| !it.subset.is_empty()).map(|it| it.subset.to_owned()).collect()
    }

    /// The weight of each cluster with the names that a test may call it by, the shortest first.
    pub(super) fn weighted(&self) -> Vec<(Vec<String>, u64)> {
        let names = |share: &Share| {
            let mut names = Vec::new();
            if let Some(Destination { port, subset, host }) = Destination::of(&share.cluster) {
                if !subset.is_empty() {
                    names.push(subset.to_owned());
                }
                names.extend([host.to_owned(), format!("{host}:{port}")]);
            }
            names.push(share.cluster.clone());
            names
        };
        self.shares().map(|share| (names(share), u64::from(share.weight))).collect()
    }

    /// The endpoints of the clusters.
    pub(super) fn endpoints(&self) -> Vec<String> {
        self.shares().flat_map(|share| share.endpoints.clone()).collect()
    }

    /// The authority that an endpoint sees.
    pub(super) fn authority(&self) -> Option<&'a str> {
        let forward = self.forward()?;
        Some(if forward.auto_host { "(the endpoint's hostname)" } else { &forward.host })
    }

    /// VirtualServices that made the route, as `ns/name`.
    pub(super) fn virtual_services(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for origin in self.route_origins.iter().filter(|origin| origin.kind == "VirtualService") {
            let name = format!("{}/{}", origin.namespace, origin.name);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// How long requests are held back, each injected delay.
    pub(super) fn delays(&self) -> Vec<String> {
        let of = |injection: &Injection| match injection {
            Injection::Delay { duration, .. } => Some(duration.clone()),
            Injection::Abort { .. } => None,
        };
        self.outcome.injections.iter().filter_map(of).collect()
    }

    /// The status of each injected abort.
    pub(super) fn aborts(&self) -> Vec<u16> {
        let of = |injection: &Injection| match injection {
            Injection::Abort { status, .. } => Some(*status),
            Injection::Delay { .. } => None,
        };
        self.outcome.injections.iter().filter_map(of).collect()
    }

    /// Whether the connection ends without an answer of HTTP.
    pub(super) fn closed(&self) -> bool {
        match &self.outcome.end {
            End::Fault(Fault::NotEvaluated { .. }) => false,
            End::Fault(fault) => fault.status().is_none(),
            End::Tcp(_) => self.shares().all(|share| share.discovery.is_none()),
            End::Forward(_) | End::Redirect { .. } | End::DirectResponse { .. } => false,
        }
    }

    /// The end in a few words, for what is missing on another way.
    pub(super) fn end(&self) -> String {
        match &self.outcome.end {
            End::Forward(_) | End::Tcp(_) => match &self.clusters()[..] {
                [] => "it goes to no cluster".to_owned(),
                clusters => format!("it goes to {}", clusters.join(", ")),
            },
            End::Redirect { status, location } => format!("a redirect {status} to {location}"),
            End::DirectResponse { status, .. } => format!("an answer {status} of the proxy"),
            End::Fault(fault) => fault.to_string(),
        }
    }
}

/// What the name of one of Istio's clusters says.
struct Destination<'a> {
    port: &'a str,
    subset: &'a str,
    host: &'a str,
}

impl<'a> Destination<'a> {
    /// Of `outbound|9080|v2|reviews.shop.svc.cluster.local`, or the form with `_.` of passed-through SNI.
    fn of(cluster: &'a str) -> Option<Self> {
        let mut parts = cluster.splitn(4, '|').collect::<Vec<_>>();
        if parts.len() != 4 {
            parts = cluster.splitn(4, "_.").collect();
        }
        match parts[..] {
            [direction, port, subset, host] if direction.starts_with("outbound") || direction == "inbound" => {
                Some(Self { port, subset, host })
            }
            _ => None,
        }
    }
}
