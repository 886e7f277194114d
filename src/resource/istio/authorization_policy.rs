//! `security.istio.io/AuthorizationPolicy`: who may call what.

use serde::Deserialize;

use super::LabelSelector;
use super::policy::{TargetRef, attached};

/// Rules for requests that are let in, kept out, or asked about elsewhere.
/// <https://istio.io/latest/docs/reference/config/security/authorization-policy/>
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AuthorizationPolicy {
    /// The workloads; absent means the namespace, or the mesh from the root namespace.
    pub selector: Option<LabelSelector>,
    /// What it is attached to by name.
    pub target_ref: Option<TargetRef>,
    /// The same, several.
    pub target_refs: Vec<TargetRef>,
    /// The requests it is about: those that one of them matches. None matches nothing, so that
    /// ALLOW without rules keeps everything out.
    pub rules: Vec<Rule>,
    /// What happens to them.
    pub action: Action,
    /// Who decides, for [`Action::Custom`].
    pub provider: Option<ExtensionProvider>,
}

attached!(AuthorizationPolicy, target_ref);

/// What a policy does with what its rules match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Action {
    /// Lets it in; what no ALLOW policy of a workload matches is kept out.
    #[default]
    Allow,
    /// Keeps it out.
    Deny,
    /// Lets an extension log it.
    Audit,
    /// Lets an extension decide.
    Custom,
}

/// An extension of the MeshConfig (`extensionProviders`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ExtensionProvider {
    /// Its name.
    pub name: String,
}

/// Requests: a source, an operation and all conditions must match. An empty list matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Rule {
    /// Where it comes from.
    pub from: Vec<From>,
    /// What it wants.
    pub to: Vec<To>,
    /// Further conditions.
    pub when: Vec<Condition>,
}

/// The envelope of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct From {
    /// The source.
    pub source: Option<Source>,
}

/// Who calls. Fields that are written must all match; of a field one value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Source {
    /// Identities of peers, from their certificates.
    pub principals: Vec<String>,
    /// Identities that do not match.
    pub not_principals: Vec<String>,
    /// Identities of requests (`issuer/subject`), from their tokens.
    pub request_principals: Vec<String>,
    /// Identities of requests that do not match.
    pub not_request_principals: Vec<String>,
    /// Namespaces of peers.
    pub namespaces: Vec<String>,
    /// Namespaces that do not match.
    pub not_namespaces: Vec<String>,
    /// Service accounts of peers, `name` or `namespace/name`.
    pub service_accounts: Vec<String>,
    /// Service accounts that do not match.
    pub not_service_accounts: Vec<String>,
    /// Trust domains of peers.
    pub trust_domains: Vec<String>,
    /// Trust domains that do not match.
    pub not_trust_domains: Vec<String>,
    /// Addresses of peers, or ranges of them.
    pub ip_blocks: Vec<String>,
    /// Addresses that do not match.
    pub not_ip_blocks: Vec<String>,
    /// Addresses of the first client, as `X-Forwarded-For` or the PROXY protocol say.
    pub remote_ip_blocks: Vec<String>,
    /// Addresses of the first client that do not match.
    pub not_remote_ip_blocks: Vec<String>,
}

impl Source {
    /// Its lists with their names in YAML.
    pub fn lists(&self) -> [(&'static str, &[String]); 14] {
        [
            ("principals", &self.principals),
            ("notPrincipals", &self.not_principals),
            ("requestPrincipals", &self.request_principals),
            ("notRequestPrincipals", &self.not_request_principals),
            ("namespaces", &self.namespaces),
            ("notNamespaces", &self.not_namespaces),
            ("serviceAccounts", &self.service_accounts),
            ("notServiceAccounts", &self.not_service_accounts),
            ("trustDomains", &self.trust_domains),
            ("notTrustDomains", &self.not_trust_domains),
            ("ipBlocks", &self.ip_blocks),
            ("notIpBlocks", &self.not_ip_blocks),
            ("remoteIpBlocks", &self.remote_ip_blocks),
            ("notRemoteIpBlocks", &self.not_remote_ip_blocks),
        ]
    }
}

/// The envelope of an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct To {
    /// The operation.
    pub operation: Option<Operation>,
}

/// What a request wants. Fields that are written must all match; of a field one value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Operation {
    /// Hosts, without regard to case.
    pub hosts: Vec<String>,
    /// Hosts that do not match.
    pub not_hosts: Vec<String>,
    /// Ports, as text.
    pub ports: Vec<String>,
    /// Ports that do not match.
    pub not_ports: Vec<String>,
    /// HTTP methods.
    pub methods: Vec<String>,
    /// Methods that do not match.
    pub not_methods: Vec<String>,
    /// Paths, with `*` at an end or `{*}` and `{**}` as segments.
    pub paths: Vec<String>,
    /// Paths that do not match.
    pub not_paths: Vec<String>,
}

impl Operation {
    /// Its lists with their names in YAML.
    pub fn lists(&self) -> [(&'static str, &[String]); 8] {
        [
            ("hosts", &self.hosts),
            ("notHosts", &self.not_hosts),
            ("ports", &self.ports),
            ("notPorts", &self.not_ports),
            ("methods", &self.methods),
            ("notMethods", &self.not_methods),
            ("paths", &self.paths),
            ("notPaths", &self.not_paths),
        ]
    }
}

/// A condition on an attribute. <https://istio.io/latest/docs/reference/config/security/conditions/>
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Condition {
    /// The attribute.
    pub key: String,
    /// Values of which one matches.
    pub values: Vec<String>,
    /// Values of which none matches.
    pub not_values: Vec<String>,
}
