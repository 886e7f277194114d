//! Endpoints of one place, on their way to Envoy's groups.

use std::borrow::Cow;

use crate::base::Labels;
use crate::ir;
use crate::ir::Locality;
use crate::ir::endpoint::LocalityEndpoints;

/// The endpoints of one place.
#[derive(Clone, Debug)]
pub struct Group<'m> {
    /// The place.
    pub locality: Locality,
    /// The endpoints.
    pub members: Vec<Member<'m>>,
    /// The group's share; `None` where it has no endpoints.
    pub weight: Option<u32>,
    /// 0 is used first.
    pub priority: u32,
}

/// An endpoint, and what failover looks at.
#[derive(Clone, Debug)]
pub struct Member<'m> {
    /// The workload's labels.
    pub labels: Cow<'m, Labels>,
    /// The endpoint.
    pub endpoint: ir::endpoint::Endpoint,
}

impl Member<'_> {
    /// Its share; at least 1.
    pub fn weight(&self) -> u32 {
        self.endpoint.load_balancing_weight.unwrap_or(1)
    }
}

impl<'m> Group<'m> {
    /// A group with the sum of its endpoints' shares.
    pub fn of(locality: Locality, members: Vec<Member<'m>>) -> Self {
        let weight = sum(&members);
        Self { locality, weight: Some(weight), members, priority: 0 }
    }

    /// The same place with other endpoints; without any it has no share
    /// (`istio: LocalityEndpoints.refreshWeight`).
    pub fn with_members(&self, members: Vec<Member<'m>>) -> Self {
        let weight = (!members.is_empty()).then(|| sum(&members));
        Self { locality: self.locality.clone(), weight, members, priority: self.priority }
    }
}

fn sum(members: &[Member<'_>]) -> u32 {
    members.iter().map(Member::weight).fold(0, u32::saturating_add)
}

impl From<Group<'_>> for LocalityEndpoints {
    fn from(group: Group<'_>) -> Self {
        let Group { locality, members, weight, priority } = group;
        Self {
            locality: Some(locality),
            endpoints: members.into_iter().map(|member| member.endpoint).collect(),
            load_balancing_weight: weight,
            priority,
        }
    }
}
