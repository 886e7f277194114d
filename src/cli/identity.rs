//! `meshc identity`: certificates of a mesh for tests and laptops.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};

use super::args::IdentityArgs;
use super::exit::Exit;
use super::output::{Content, OutputFile, write_all};
use super::report;

/// Clocks of containers and machines differ.
const SKEW: Duration = Duration::from_secs(300);

/// Runs the command: a certificate authority of this run alone, whose key is not kept, and for each
/// service account the files that `--identity files=DIR/NAMESPACE/ACCOUNT` reads.
pub(super) fn run(arguments: &IdentityArgs) -> Exit {
    let mut accounts = Vec::new();
    for written in &arguments.service_accounts {
        match written.split_once('/') {
            Some((namespace, account)) if is_name(namespace) && is_name(account) => accounts.push((namespace, account)),
            _ => {
                let help = "write it as NAMESPACE/NAME, as `shop/web`";
                return report::usage(&format!("`{written}` is no service account"), Some(help));
            }
        }
    }
    if !is_name(&arguments.trust_domain) {
        return report::usage(&format!("`{}` is no trust domain", arguments.trust_domain), None);
    }
    accounts.sort_unstable();
    accounts.dedup();
    let made = match make(arguments, &accounts) {
        Ok(made) => made,
        Err(error) => return report::failure(&format!("the certificates cannot be made: {error}"), None),
    };
    let files: Vec<OutputFile<'_>> = made
        .iter()
        .map(|(path, pem)| OutputFile { path: path.clone(), content: Content::Bytes(pem.as_bytes()), secret: true })
        .collect();
    match write_all(&files) {
        Ok(()) => Exit::Ok,
        Err(error) => report::failure(&format!("the certificates cannot be written: {error}"), None),
    }
}

/// Names of namespaces, accounts and trust domains: they become parts of paths and of a URI.
fn is_name(text: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(known)
}

/// The files and their texts.
fn make(arguments: &IdentityArgs, accounts: &[(&str, &str)]) -> Result<Vec<(PathBuf, String)>, rcgen::Error> {
    let authority = authority(arguments)?;
    let mut files = Vec::new();
    for (namespace, account) in accounts {
        let key = KeyPair::generate()?;
        let id = format!("spiffe://{}/ns/{namespace}/sa/{account}", arguments.trust_domain);
        let mut params = valid(arguments)?;
        params.subject_alt_names.push(SanType::URI(Ia5String::try_from(id)?));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &authority)?.pem();
        let place = arguments.out.join(namespace).join(account);
        files.push((place.join("cert-chain.pem"), certificate));
        files.push((place.join("key.pem"), key.serialize_pem()));
        files.push((place.join("root-cert.pem"), authority.pem()));
    }
    Ok(files)
}

fn authority(arguments: &IdentityArgs) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = valid(arguments)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, format!("{} (meshc identity)", arguments.trust_domain));
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn valid(arguments: &IdentityArgs) -> Result<CertificateParams, rcgen::Error> {
    let now = SystemTime::now();
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = (now - SKEW).into();
    params.not_after = (now + Duration::from_secs(u64::from(arguments.days) * 24 * 60 * 60)).into();
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below_the_directory() {
        assert!(is_name("shop") && is_name("cluster.local"));
        assert!(!is_name("..") && !is_name("") && !is_name("a/b") && !is_name("Shop"));
    }

    #[test]
    fn each_account_has_its_id_and_one_authority_signs_all() {
        let arguments = IdentityArgs {
            out: "id".into(),
            service_accounts: Vec::new(),
            trust_domain: "cluster.local".to_owned(),
            days: 30,
        };
        let files = make(&arguments, &[("shop", "api"), ("shop", "web")]).expect("certificates");
        let paths: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
        assert_eq!(
            paths.get(3..),
            Some(
                ["id/shop/web/cert-chain.pem", "id/shop/web/key.pem", "id/shop/web/root-cert.pem"]
                    .map(str::to_owned)
                    .as_slice()
            )
        );
        let pem = |at: usize| files.get(at).map(|(_, pem)| pem.clone()).unwrap_or_default();
        assert_eq!(pem(2), pem(5));
        let (_, leaf) = x509_parser::pem::parse_x509_pem(pem(3).as_bytes()).expect("PEM");
        let leaf = leaf.parse_x509().expect("a certificate");
        let names = leaf.subject_alternative_name().expect("one extension").expect("names");
        let id = x509_parser::extensions::GeneralName::URI("spiffe://cluster.local/ns/shop/sa/web");
        assert_eq!(names.value.general_names, [id]);
        let days = (leaf.validity().not_after.timestamp() - leaf.validity().not_before.timestamp()) / 86_400;
        assert_eq!(days, 30);
    }
}
