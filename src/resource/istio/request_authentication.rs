//! `security.istio.io/RequestAuthentication`: which tokens are checked, and how.

use serde::Deserialize;

use super::LabelSelector;
use super::policy::{TargetRef, attached};
use crate::base::Duration;

/// Rules for JSON Web Tokens. A request with a wrong token is refused, one without passes.
/// <https://istio.io/latest/docs/reference/config/security/request_authentication/>
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RequestAuthentication {
    /// The workloads; absent means the namespace, or the mesh from the root namespace.
    pub selector: Option<LabelSelector>,
    /// What it is attached to by name.
    pub target_ref: Option<TargetRef>,
    /// The same, several.
    pub target_refs: Vec<TargetRef>,
    /// The issuers whose tokens are taken.
    pub jwt_rules: Vec<JwtRule>,
}

attached!(RequestAuthentication, target_ref);

/// An issuer of tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct JwtRule {
    /// Who issued the token (`iss`).
    pub issuer: Option<String>,
    /// For whom tokens may be issued (`aud`); none means for anyone.
    pub audiences: Vec<String>,
    /// Where the issuer's public keys are.
    #[serde(alias = "jwks_uri")]
    pub jwks_uri: Option<String>,
    /// The public keys themselves, a JSON Web Key Set.
    pub jwks: String,
    /// Headers that may hold the token.
    pub from_headers: Vec<JwtHeader>,
    /// Parameters of the query that may hold it.
    pub from_params: Vec<String>,
    /// The header that the token's contents are passed on in.
    pub output_payload_to_header: String,
    /// Cookies that may hold it.
    pub from_cookies: Vec<String>,
    /// Whether the token itself is passed on.
    pub forward_original_token: bool,
    /// Headers that single claims are passed on in.
    pub output_claim_to_headers: Vec<ClaimToHeader>,
    /// How long fetching the keys may take; absent means 5 s.
    pub timeout: Option<Duration>,
    /// Claims that are lists with spaces between their values.
    pub space_delimited_claims: Vec<String>,
    /// Whether a request may come without a token.
    pub presence: Presence,
}

/// A header that may hold a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct JwtHeader {
    /// Its name.
    pub name: String,
    /// What stands before the token, such as `Bearer `.
    pub prefix: String,
}

/// A claim that is passed on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClaimToHeader {
    /// The header.
    pub header: String,
    /// The claim; with dots for one within another.
    pub claim: String,
}

/// Whether a token must be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Presence {
    /// It may be absent.
    #[default]
    Optional,
    /// A request without it is refused.
    Required,
}
