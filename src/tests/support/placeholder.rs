//! Files that a configuration names and this machine does not have: what the agent, a volume or the cluster would put
//! there. For validation they are stood in for, so that Envoy judges the configuration and not the machine.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, SerialNumber, date_time_ymd,
};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Stand-ins of each kind, in one folder.
#[derive(Debug)]
pub(crate) struct Placeholders {
    certificate: String,
    key: String,
    revoked: String,
}

impl Placeholders {
    /// Makes them: a certificate authority that is its own leaf, its key, and an empty list of revoked certificates.
    pub(crate) fn make(folder: &Path) -> Result<Placeholders, String> {
        let text = |error: rcgen::Error| error.to_string();
        let mut params = CertificateParams::new(vec!["placeholder.test".to_owned()]).map_err(text)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages =
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().map_err(text)?).map_err(text)?;
        let revoked = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(2124, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let revoked = revoked.signed_by(&issuer).and_then(|list| list.pem()).map_err(text)?;
        let write = |name: &str, pem: &str| {
            let path = folder.join(name);
            fs::write(&path, pem).map_err(|error| error.to_string())?;
            Ok::<_, String>(path.display().to_string())
        };
        Ok(Placeholders {
            certificate: write("placeholder.crt", &issuer.pem())?,
            key: write("placeholder.key", &issuer.key().serialize_pem())?,
            revoked: write("placeholder.crl", &revoked)?,
        })
    }

    /// Names a stand-in for every file that is not there; says how many. A certificate whose file or key is missing is
    /// replaced as a pair.
    pub(crate) fn stand_in(&self, config: &mut Value) -> usize {
        match config {
            Value::Array(elements) => elements.iter_mut().map(|element| self.stand_in(element)).sum(),
            Value::Object(fields) => {
                let missing = |value: Option<&Value>| {
                    let name = value.and_then(|value| value.get("filename")).and_then(Value::as_str);
                    name.is_some_and(|name| !Path::new(name).exists())
                };
                let pair = missing(fields.get("certificate_chain")) || missing(fields.get("private_key"));
                let mut replaced = 0;
                let parts = [("certificate_chain", &self.certificate, pair), ("private_key", &self.key, pair)]
                    .into_iter()
                    .chain([
                        ("trusted_ca", &self.certificate, missing(fields.get("trusted_ca"))),
                        ("crl", &self.revoked, missing(fields.get("crl"))),
                    ]);
                for (part, file, _) in parts.filter(|(_, _, replace)| *replace).collect::<Vec<_>>() {
                    fields.insert(part.to_owned(), serde_json::json!({ "filename": file }));
                    replaced += 1;
                }
                replaced + fields.values_mut().map(|value| self.stand_in(value)).sum::<usize>()
            }
            _ => 0,
        }
    }
}
