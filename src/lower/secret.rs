//! Certificates and keys: who serves them under which name, and what the control plane serves.

use std::collections::BTreeMap;

use x509_parser::pem::Pem;

use crate::base::{Diagnostic, Diagnostics, Location, Origin};
use crate::ir;
use crate::ir::name;
use crate::ir::secret::{Bytes, Material};
use crate::ir::tls::{SecretRef, SecretSource};
use crate::lower::defaults;
use crate::lower::settings::text;
use crate::proxy::{Proxy, ProxyView};

/// What a credential's name ends in where its authorities are meant (`istio: credentials.SdsCaSuffix`).
pub const AUTHORITIES_SUFFIX: &str = "-cacert";

const BUILTIN: &str = "builtin://";
const INVALID: &str = "invalid://";
const EXTERNAL: &str = "sds://";
const KUBERNETES: &str = "kubernetes://";
const KUBERNETES_GATEWAY: &str = "kubernetes-gateway://";
const CONFIG_MAP: &str = "configmap://";

/// Serves files where the metadata `file-credential` says that something else than the agent does.
const FILES_CLUSTER: &str = "sds-files-grpc";

/// The workload's own certificate.
pub fn workload_certificate() -> SecretRef {
    SecretRef { name: "default".to_owned(), source: SecretSource::Agent { wait: true } }
}

/// The authorities of the mesh.
pub fn workload_authorities() -> SecretRef {
    SecretRef { name: "ROOTCA".to_owned(), source: SecretSource::Agent { wait: true } }
}

/// A certificate and its key in files. The agent watches files, as Envoy itself would not see a rotation
/// (`istio: authnmodel.constructSdsSecretConfig`).
pub fn certificate_files(proxy: &Proxy, chain: &str, key: &str) -> SecretRef {
    file(proxy, format!("file-cert:{chain}~{key}"))
}

/// Authorities in a file; see [`certificate_files`].
pub fn authorities_file(proxy: &Proxy, path: &str) -> SecretRef {
    file(proxy, format!("file-root:{path}"))
}

fn file(proxy: &Proxy, name: String) -> SecretRef {
    let source = match text(proxy, "file-credential") == Some("true") {
        true => SecretSource::Grpc { cluster: FILES_CLUSTER.to_owned(), authority: String::new() },
        false => SecretSource::Agent { wait: false },
    };
    SecretRef { name, source }
}

/// A credential that names no place of its own: what the control plane serves.
fn of_control_plane(written: &str) -> SecretRef {
    SecretRef { name: resource_name(written), source: SecretSource::ControlPlane }
}

/// What a credential's name stands for wherever it is written, or else the name of an external
/// credential that nothing beside Envoy serves.
fn everywhere<'n>(proxy: &Proxy, written: &'n str) -> Result<SecretRef, &'n str> {
    match written.strip_prefix(BUILTIN) {
        Some("") => return Ok(workload_certificate()),
        Some(AUTHORITIES_SUFFIX) => return Ok(workload_authorities()),
        Some(_) | None => {}
    }
    let Some(external) = written.strip_prefix(EXTERNAL) else {
        return Ok(of_control_plane(written));
    };
    if text(proxy, "credential") != Some("true") {
        return Err(external);
    }
    let source = SecretSource::Grpc { cluster: defaults::CREDENTIAL_CLUSTER.to_owned(), authority: String::new() };
    Ok(SecretRef { name: written.to_owned(), source })
}

/// What a `credentialName` of a DestinationRule stands for: extension providers do not serve clients
/// (`istio: authnmodel.ConstructSdsSecretConfigForCredential` without push context).
pub fn client_credential(proxy: &Proxy, written: &str) -> SecretRef {
    everywhere(proxy, written).unwrap_or_else(of_control_plane)
}

/// What a `credentialName` of a Gateway stands for (`istio: authnmodel.ConstructSdsSecretConfigForCredential`).
/// `None` is a name that no server of secrets can be found for; the fault is in `diagnostics`.
pub fn credential(
    view: &ProxyView<'_>,
    written: &str,
    origin: &Origin,
    diagnostics: &mut Diagnostics,
) -> Option<SecretRef> {
    let external = match everywhere(view.proxy, written) {
        Ok(reference) => return Some(reference),
        Err(external) => external,
    };
    let providers = &view.mesh.config.extension_providers;
    let Some(provider) = providers.iter().find_map(|provider| provider.sds.as_ref()) else {
        return Some(of_control_plane(external));
    };
    let service = provider.get("service").and_then(serde_json::Value::as_str).unwrap_or_default();
    let port = provider.get("port").and_then(serde_json::Value::as_u64).unwrap_or_default();
    match provider_host(view, service) {
        Ok(hostname) => {
            let cluster = name::outbound_cluster(port, "", hostname);
            let source = SecretSource::Grpc { cluster, authority: hostname.to_owned() };
            Some(SecretRef { name: external.to_owned(), source })
        }
        Err(why) => {
            let message = format!("`{written}` is served by the extension provider's service `{service}`, {why}");
            diagnostics.push(Diagnostic::error("unknown-provider-service", Location::Value(origin.clone()), message));
            None
        }
    }
}

/// The service that a provider names, as `namespace/hostname` or as a hostname that only one
/// namespace has (`istio: model.LookupCluster`).
fn provider_host<'m>(view: &ProxyView<'m>, written: &str) -> Result<&'m str, &'static str> {
    let (namespace, hostname) = match written.split_once('/') {
        Some((namespace, hostname)) => (Some(namespace), hostname),
        None => (None, written),
    };
    let mut found =
        view.mesh.services_with_host(hostname).filter(|service| namespace.is_none_or(|name| service.namespace == name));
    match (found.next(), found.next()) {
        (None, _) => Err("which the input does not have"),
        (Some(_), Some(_)) => Err("which several namespaces have: write `namespace/hostname`"),
        (Some(service), None) => Ok(service.hostname.as_str()),
    }
}

/// The SDS name of a credential (`istio: credentials.ToResourceName`).
pub fn resource_name(written: &str) -> String {
    if written.starts_with(BUILTIN) {
        return "default".to_owned();
    }
    if written.starts_with(INVALID) {
        return INVALID.to_owned();
    }
    match [CONFIG_MAP, KUBERNETES, KUBERNETES_GATEWAY].iter().any(|scheme| written.starts_with(scheme)) {
        true => written.to_owned(),
        false => format!("{KUBERNETES}{written}"),
    }
}

/// An object of Kubernetes that an SDS name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Object<'a> {
    kind: ObjectKind,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ObjectKind {
    Secret,
    ConfigMap,
}

impl ObjectKind {
    fn name(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
        }
    }
}

/// What an SDS name stands for (`istio: credentials.ParseResourceName`); `None` for names that
/// name no object, as `invalid://`.
fn object<'a>(resource: &'a str, proxy_namespace: &'a str) -> Option<Object<'a>> {
    let qualified = |rest: &'a str, kind| {
        let mut parts = rest.split('/');
        let (namespace, name) = (parts.next()?, parts.next()?);
        (!namespace.is_empty() && !name.is_empty()).then_some(Object { kind, namespace, name })
    };
    if let Some(rest) = resource.strip_prefix(KUBERNETES) {
        let mut parts = rest.split('/');
        return Some(match (parts.next(), parts.next()) {
            (Some(namespace), Some(name)) => Object { kind: ObjectKind::Secret, namespace, name },
            (name, _) => {
                Object { kind: ObjectKind::Secret, namespace: proxy_namespace, name: name.unwrap_or_default() }
            }
        });
    }
    if let Some(rest) = resource.strip_prefix(KUBERNETES_GATEWAY) {
        return qualified(rest, ObjectKind::Secret);
    }
    qualified(resource.strip_prefix(CONFIG_MAP)?, ObjectKind::ConfigMap)
}

/// The secrets that the control plane serves under the names that transport sockets use, each with
/// the place that names it. A secret that is missing, unreadable or out of reach is left out, as
/// istiod does, and reported.
pub fn secrets<'a>(
    view: &ProxyView<'_>,
    references: impl IntoIterator<Item = (&'a SecretRef, &'a Origin)>,
) -> (Vec<ir::Secret>, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let served = references.into_iter().filter(|(reference, _)| reference.source == SecretSource::ControlPlane);
    let mut by_name: BTreeMap<&str, &Origin> = BTreeMap::new();
    for (reference, origin) in served {
        by_name.entry(&reference.name).or_insert(origin);
    }
    let mut secrets = Vec::new();
    for (name, origin) in by_name {
        match secret(view, name) {
            Ok(secret) => {
                check_certificate(&secret, origin, &mut diagnostics);
                secrets.push(secret);
            }
            Err(fault) => diagnostics.push(fault.diagnostic(name, origin)),
        }
    }
    (secrets, diagnostics)
}

/// Why a name has no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    Name,
    Missing { kind: &'static str, object: String },
    OtherNamespace { object: String, own: String },
    Keys { kind: &'static str, object: String, origin: Origin, wanted: &'static str },
}

impl Fault {
    fn diagnostic(self, name: &str, origin: &Origin) -> Diagnostic {
        let location = Location::Value(origin.clone());
        match self {
            Self::Name => {
                Diagnostic::error("invalid-credential", location, format!("`{name}` names no Secret and no ConfigMap"))
            }
            Self::Missing { kind, object } => {
                Diagnostic::error("missing-credential", location, format!("no {kind} `{object}` in the input"))
                    .help("add it to the input: Envoy does not serve the port without its certificate")
            }
            Self::OtherNamespace { object, own } => {
                let message = format!("the Secret `{object}` is out of reach for a proxy in `{own}`");
                Diagnostic::error("credential-in-other-namespace", location, message)
                    .help("put the Secret into the namespace of the gateway's pods")
            }
            Self::Keys { kind, object, origin, wanted } => {
                let message = format!("the {kind} `{object}` has no {wanted}");
                Diagnostic::error("unusable-credential", location, message).related(Location::Value(origin), "this one")
            }
        }
    }
}

/// `istio: xds/sds.go: SecretGen.generate, filterAuthorizedResources`.
fn secret(view: &ProxyView<'_>, name: &str) -> Result<ir::Secret, Fault> {
    let own = view.proxy.namespace.as_str();
    let object = object(name, own).ok_or(Fault::Name)?;
    let full_name = |name: &str| format!("{}/{name}", object.namespace);
    let of = |found: &str, origin: &Origin, material: Material| ir::Secret {
        origins: vec![origin.clone()],
        name: name.to_owned(),
        object_namespace: object.namespace.to_owned(),
        object_name: found.to_owned(),
        material,
    };
    let missing = |name: &str| Fault::Missing { kind: object.kind.name(), object: full_name(name) };
    let keys = |name: &str, origin: &Origin, wanted| Fault::Keys {
        kind: object.kind.name(),
        object: full_name(name),
        origin: origin.clone(),
        wanted,
    };
    let stripped = object.name.strip_suffix(AUTHORITIES_SUFFIX);

    if object.kind == ObjectKind::ConfigMap {
        // ConfigMaps hold authorities only, which are no secret: any namespace will do.
        let found = stripped.unwrap_or(object.name);
        let map = view.mesh.config_map(object.namespace, found).ok_or_else(|| missing(found))?;
        let material = authorities(&map.data).ok_or_else(|| keys(found, &map.origin, AUTHORITY_KEYS))?;
        return Ok(of(found, &map.origin, material));
    }
    if object.namespace != own {
        return Err(Fault::OtherNamespace { object: full_name(object.name), own: own.to_owned() });
    }
    if let Some(stripped) = stripped {
        let found = [object.name, stripped]
            .into_iter()
            .find_map(|name| Some((name, view.mesh.secret(object.namespace, name)?)));
        let (found, secret) = found.ok_or_else(|| missing(stripped))?;
        let material = authorities(&secret.data).ok_or_else(|| keys(found, &secret.origin, AUTHORITY_KEYS))?;
        return Ok(of(found, &secret.origin, material));
    }
    let secret = view.mesh.secret(object.namespace, object.name).ok_or_else(|| missing(object.name))?;
    let material = certificate(&secret.data).ok_or_else(|| keys(object.name, &secret.origin, CERTIFICATE_KEYS))?;
    Ok(of(object.name, &secret.origin, material))
}

const CERTIFICATE_KEYS: &str = "`tls.crt` with `tls.key` (or `cert` with `key`)";
const AUTHORITY_KEYS: &str = "`ca.crt` (or `cacert`)";

type Data = BTreeMap<String, Vec<u8>>;

/// The value of a key where it is not empty.
fn value<'d>(data: &'d Data, key: &str) -> Option<&'d Vec<u8>> {
    data.get(key).filter(|value| !value.is_empty())
}

/// `istio: credentials/kube.ExtractCertInfo`.
fn certificate(data: &Data) -> Option<Material> {
    let pair = |chain, key| Some((value(data, chain)?.clone(), value(data, key)?.clone()));
    if let Some((chain, key)) = pair("cert", "key") {
        return Some(Material::Certificate { chain: Bytes(chain), key: Bytes(key), ocsp_staple: Bytes::default() });
    }
    let (chain, key) = pair("tls.crt", "tls.key")?;
    let staple = data.get("tls.ocsp-staple").cloned().unwrap_or_default();
    Some(Material::Certificate { chain: Bytes(chain), key: Bytes(key), ocsp_staple: Bytes(staple) })
}

/// `istio: credentials/kube.ExtractRoot`.
fn authorities(data: &Data) -> Option<Material> {
    let with = |ca: &Vec<u8>, crl: &str| Material::Authorities {
        trusted_ca: Bytes(ca.clone()),
        crl: Bytes(data.get(crl).cloned().unwrap_or_default()),
    };
    let generic = value(data, "cacert").map(|ca| with(ca, "crl"));
    generic.or_else(|| value(data, "ca.crt").map(|ca| with(ca, "ca.crl")))
}

/// Reports a certificate that cannot be read; it is served nevertheless, as istiod does
/// (`istio: xds.ValidateCertificate`; the time of expiry is not read: the library has no clock).
fn check_certificate(secret: &ir::Secret, origin: &Origin, diagnostics: &mut Diagnostics) {
    let pem = match &secret.material {
        Material::Certificate { chain, .. } => chain,
        Material::Authorities { trusted_ca, .. } => trusted_ca,
    };
    let readable = Pem::iter_from_buffer(&pem.0)
        .next()
        .is_some_and(|block| block.is_ok_and(|block| x509_parser::parse_x509_certificate(&block.contents).is_ok()));
    if !readable {
        let message = format!("`{}/{}` holds no readable certificate", secret.object_namespace, secret.object_name);
        let diagnostic = Diagnostic::error("unreadable-certificate", Location::Value(origin.clone()), message);
        let related = secret.origins.iter().cloned();
        diagnostics.push(
            related
                .fold(diagnostic, |diagnostic, origin| diagnostic.related(Location::Value(origin), "read from here")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials() {
        assert_eq!(resource_name("web"), "kubernetes://web");
        assert_eq!(resource_name("kubernetes-gateway://a/b"), "kubernetes-gateway://a/b");
        assert_eq!(resource_name("configmap://a/b"), "configmap://a/b");
        assert_eq!(resource_name("invalid://x"), "invalid://");
    }

    #[test]
    fn objects_that_names_stand_for() {
        let secret = |namespace, name| Some(Object { kind: ObjectKind::Secret, namespace, name });
        assert_eq!(object("kubernetes://web", "edge"), secret("edge", "web"));
        assert_eq!(object("kubernetes://other/web", "edge"), secret("other", "web"));
        assert_eq!(object("kubernetes-gateway://web", "edge"), None);
        assert_eq!(object("invalid://", "edge"), None);
        let map = Object { kind: ObjectKind::ConfigMap, namespace: "a", name: "b" };
        assert_eq!(object("configmap://a/b", "edge"), Some(map));
    }

    #[test]
    fn generic_keys_come_first_and_empty_values_do_not_count() {
        let data = |entries: &[(&str, &str)]| -> Data {
            entries.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
        };
        let tls = data(&[("cert", ""), ("key", "k"), ("tls.crt", "c"), ("tls.key", "k"), ("ca.crt", "a")]);
        let Some(Material::Certificate { chain, .. }) = certificate(&tls) else { panic!("a certificate") };
        assert_eq!(chain.0, b"c");
        let Some(Material::Authorities { trusted_ca, crl }) = authorities(&tls) else { panic!("authorities") };
        assert_eq!((trusted_ca.0, crl.0), (b"a".to_vec(), Vec::new()));
        assert!(certificate(&data(&[("tls.crt", "c")])).is_none());
    }
}
