//! Certificates, made new for each run: no private key is in the repository.

use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A certificate that a demo asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The certificate authority that signs it; made on first mention, self-signed.
    issuer: String,
    /// Its subject alternative names: DNS names, IP addresses or `spiffe://` URIs. The first is the common name too.
    names: Vec<String>,
}

/// PEM texts by name: `NAME.crt`, `NAME.key` and `NAME.ca.crt` (its authority) of each certificate, `ISSUER.crt` of
/// each authority.
#[derive(Debug, Default)]
pub(crate) struct Certificates {
    pems: BTreeMap<String, String>,
}

impl Certificates {
    /// Makes every wanted certificate.
    pub(crate) fn make(wanted: &BTreeMap<String, Wanted>) -> Result<Certificates, String> {
        let mut issuers = BTreeMap::new();
        let mut pems = BTreeMap::new();
        for (name, Wanted { issuer, names }) in wanted {
            if !issuers.contains_key(issuer) {
                issuers.insert(issuer.clone(), authority(issuer).map_err(|error| error.to_string())?);
            }
            let authority = &issuers[issuer];
            let (certificate, key) = leaf(names, authority).map_err(|error| format!("{name}: {error}"))?;
            pems.insert(format!("{name}.crt"), certificate);
            pems.insert(format!("{name}.key"), key);
            pems.insert(format!("{name}.ca.crt"), authority.pem());
        }
        for (name, issuer) in &issuers {
            pems.insert(format!("{name}.crt"), issuer.pem());
        }
        Ok(Certificates { pems })
    }

    /// The PEM text called `name`.
    pub(crate) fn pem(&self, name: &str) -> Result<&str, String> {
        let known = || self.pems.keys().cloned().collect::<Vec<_>>().join(", ");
        self.pems
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| format!("no `{name}` among the certificates: {}", known()))
    }

    /// The certificate of `name`, which is a certificate or an authority.
    pub(crate) fn der(&self, name: &str) -> Result<CertificateDer<'static>, String> {
        let pem = self.pem(&format!("{name}.crt"))?;
        CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| format!("{name}: {error}"))
    }

    /// The private key of the certificate `name`.
    pub(crate) fn key(&self, name: &str) -> Result<PrivateKeyDer<'static>, String> {
        let pem = self.pem(&format!("{name}.key"))?;
        PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|error| format!("{name}: {error}"))
    }
}

fn authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn leaf(names: &[String], issuer: &CertifiedIssuer<'static, KeyPair>) -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let (uris, others): (Vec<_>, Vec<_>) = names.iter().cloned().partition(|name| name.starts_with("spiffe://"));
    let mut params = CertificateParams::new(others)?;
    for uri in uris {
        params.subject_alt_names.push(SanType::URI(Ia5String::try_from(uri)?));
    }
    params.distinguished_name.push(DnType::CommonName, names.first().map_or("", String::as_str));
    Ok((params.signed_by(&key, issuer)?.pem(), key.serialize_pem()))
}
